const OFTEN_MS = 10;
/** Constant polling would slow the system under test, so polling takes at most a fifth of the time. */
const SHARE = 4;
const SELDOM_MS = 100;

/**
 * Waits until `condition` returns a truthy value, and returns that; fails with `what` after `withinMs`. `what` may be
 * a function, called only then, to describe the state.
 */
export async function eventually<Result>(
  what: string | (() => string),
  condition: () => Result | Promise<Result>,
  { withinMs = 5000 }: { withinMs?: number } = {},
): Promise<NonNullable<Result>> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const since = performance.now();
    const result = await condition();
    if (result) return result as NonNullable<Result>;
    if (performance.now() > deadline) {
      throw new Error(`Not within ${withinMs} ms: ${typeof what === "string" ? what : what()}`);
    }
    const pauseMs = Math.min(Math.max(OFTEN_MS, SHARE * (performance.now() - since)), SELDOM_MS);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
