/** Longer than an idle round of the event loop. */
const REST_MS = 5;

/**
 * Lets all waiting work run between the pages of a long task. The runtime looks for incoming data only when the thread
 * is idle, or after some sixty rounds of its event loop, and it counts a timer from the beginning of the round. A timer
 * that is set after some work is due at once, so the resting timer is set in a new round.
 */
export function yieldToEventLoop(): Promise<void> {
  return resting = new Promise((resolve) => void setTimeout(() => setTimeout(resolve, REST_MS), 0));
}

/** Resolves when the last rest that has begun is over: a queue that is closed leaves no timer behind. */
export function rested(): Promise<void> {
  return resting;
}

let resting: Promise<void> = Promise.resolve();

/** The longest time without a pause, in milliseconds. */
const TURN_MS = 10;

/** Like `map` of an array, but with pauses: for arrays that may be very long. */
export async function mapInTurns<Item, Result>(
  items: readonly Item[],
  toResult: (item: Item, index: number) => Result,
): Promise<Result[]> {
  const results: Result[] = [];
  let since = performance.now();
  for (const [index, item] of items.entries()) {
    results.push(toResult(item, index));
    if (performance.now() - since < TURN_MS) continue;
    await yieldToEventLoop();
    since = performance.now();
  }
  return results;
}

/** Runs work of many steps, with pauses. */
export async function inTurns<Result>(work: Generator<undefined, Result>): Promise<Result> {
  let since = performance.now();
  for (let step = work.next();; step = work.next()) {
    if (step.done) return step.value;
    if (performance.now() - since < TURN_MS) continue;
    await yieldToEventLoop();
    since = performance.now();
  }
}
