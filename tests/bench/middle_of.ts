export interface Comparison {
  readonly figure: number;
  readonly limit: number;
}

/** The speed of a shared machine changes by the second: the median of several comparisons is the most reliable. */
export async function middleOf<Compared extends Comparison>(
  rounds: number,
  compare: () => Promise<Compared>,
): Promise<Compared> {
  const compared: Compared[] = [];
  for (let n = 0; n < rounds; n++) compared.push(await compare());
  const [middle] = compared.toSorted((a, b) => a.figure / a.limit - b.figure / b.limit).slice(rounds >> 1);
  if (middle === undefined) throw new RangeError("Nothing is the middle of nothing.");
  return middle;
}
