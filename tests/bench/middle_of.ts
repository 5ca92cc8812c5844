export interface Comparison {
  readonly figure: number;
  readonly limit: number;
}

/** The speed of a shared machine changes by the second: the median of several comparisons is the most reliable. */
export async function middleOf<Compared extends Comparison>(
  rounds: number,
  compare: () => Promise<Compared>,
): Promise<Compared> {
  return middle(await repeated(rounds, compare));
}

export async function repeated<Compared>(
  rounds: number,
  compare: () => Promise<Compared>,
): Promise<Compared[]> {
  const compared: Compared[] = [];
  for (let n = 0; n < rounds; n++) compared.push(await compare());
  return compared;
}

/** The comparison with the median ratio. */
export function middle<Compared extends Comparison>(compared: readonly Compared[]): Compared {
  const sorted = compared.toSorted((a, b) => a.figure / a.limit - b.figure / b.limit);
  const found = sorted[sorted.length >> 1];
  if (found === undefined) throw new RangeError("Nothing is the middle of nothing.");
  return found;
}
