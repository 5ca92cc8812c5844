/** Durations in milliseconds, sleeping, and pauses in long work. */

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** Resolves after `ms`, or at once when the signal fires. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", done, { once: true });
  });
}

/** Longer than an idle round of the event loop. */
const PAUSE_MS = 5;

/**
 * Lets all waiting work run between two parts of a long task. The runtime polls for incoming data only when the thread
 * is idle, or after about sixty rounds of its event loop, and it counts a timer from the beginning of the round: one
 * that is set after some work is due at once. So the timer of the pause is set in a new round.
 */
export async function yieldToEventLoop(): Promise<void> {
  await new Promise<void>((resolve) => void setTimeout(() => setTimeout(resolve, PAUSE_MS), 0));
}

/**
 * Resolves when every pause that has begun is over, so that a closed queue leaves no timer behind. A pause that begins
 * now ends after all earlier ones.
 */
export async function pausesOver(): Promise<void> {
  await yieldToEventLoop();
}

/** The longest time without a pause, in milliseconds. */
const TURN_MS = 10;

/** Like `map` of an array, but with pauses, for arrays that may be very long. */
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

/** Runs work that consists of many steps, with pauses between them. */
export async function inTurns<Result>(work: Generator<undefined, Result>): Promise<Result> {
  let since = performance.now();
  for (let step = work.next();; step = work.next()) {
    if (step.done) return step.value;
    if (performance.now() - since < TURN_MS) continue;
    await yieldToEventLoop();
    since = performance.now();
  }
}
