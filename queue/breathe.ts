/** More than a round of the event loop takes that has little to do. */
const REST_MS = 5;

/**
 * Lets everything that waits for the thread run first: between the pages of a long work. The runtime looks at what arrives
 * only when the thread rests, or after some sixty rounds of its event loop, and it counts the time of a timer from the
 * beginning of the round. One that is set after some work is due at once, so the timer that rests is set in a round of its own.
 */
export function breathe(): Promise<void> {
  return new Promise((resolve) => void setTimeout(() => setTimeout(resolve, REST_MS), 0));
}

/** Milliseconds without a pause. */
const TURN_MS = 10;

/** As `map` of an array, with pauses: for what may be very many. */
export async function mapInTurns<Item, Result>(
  items: readonly Item[],
  toResult: (item: Item, index: number) => Result,
): Promise<Result[]> {
  const results: Result[] = [];
  let since = performance.now();
  for (const [index, item] of items.entries()) {
    results.push(toResult(item, index));
    if (performance.now() - since < TURN_MS) continue;
    await breathe();
    since = performance.now();
  }
  return results;
}

/** Does work of many steps, with pauses. */
export async function inTurns<Result>(work: Generator<undefined, Result>): Promise<Result> {
  let since = performance.now();
  for (let step = work.next();; step = work.next()) {
    if (step.done) return step.value;
    if (performance.now() - since < TURN_MS) continue;
    await breathe();
    since = performance.now();
  }
}
