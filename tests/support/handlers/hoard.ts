/** Takes memory until there is none left: the process goes with it. */
export function handler(): void {
  const hoard: number[][] = [];
  for (;;) hoard.push(new Array<number>(100_000).fill(0.5));
}
