/** Runs tries concurrently: they mostly wait, so many of them take hardly longer than one. */
import { type Random, random } from "../random.ts";

/** Returns the violations of each try, in the order in which they began. Each try has its own random seed. */
export async function* atOnce(
  count: number,
  chance: Random,
  attempt: (chance: Random, n: number) => Promise<readonly string[]>,
): AsyncGenerator<readonly string[], void, void> {
  const underWay: Promise<readonly string[]>[] = [];
  const begin = (n: number) => {
    const seed = chance.below(2 ** 32);
    return attempt(random(seed), n).catch((error) => [`It could not be tried: ${told(error)}`]);
  };
  try {
    for (let n = 0;;) {
      while (underWay.length < count) underWay.push(begin(n++));
      yield await (underWay.shift() ?? []);
    }
  } finally {
    await Promise.all(underWay);
  }
}

function told(error: unknown): string {
  return error instanceof Error ? error.stack ?? error.message : String(error);
}
