/** Seeded randomness: the same seed gives the same run. `SEED=<number>` in the environment replays one. */
export interface Random {
  readonly seed: number;
  /** A whole number from 0, below `end`. */
  below(end: number): number;
  pick<T>(list: readonly T[]): T;
  /** True with this probability. */
  chance(probability: number): boolean;
}

/** Prints the seed, so that a failure can be replayed. */
export function printedRandom(what: string): Random {
  const asked = Deno.env.get("SEED");
  const seed = asked === undefined ? crypto.getRandomValues(new Uint32Array(1))[0] ?? 0 : Number(asked);
  console.log(`${what}: replay with SEED=${seed}`);
  return random(seed);
}

/** Mulberry32: 32 bits of state, good enough to choose test steps. */
export function random(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (end: number) => Math.floor(next() * end);
  return {
    seed,
    below,
    pick: <T>(list: readonly T[]) => {
      if (list.length === 0) throw new RangeError("Cannot pick from an empty list");
      return list[below(list.length)] as T;
    },
    chance: (probability) => next() < probability,
  };
}

/** The same items in random order. */
export function shuffled<T>(list: readonly T[], chance: Random): T[] {
  return list.map((item) => ({ item, at: chance.below(2 ** 32) })).sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
