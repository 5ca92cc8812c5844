/** Waits until `condition` answers something true, and gives that back; fails with `what` after `withinMs`. */
export async function eventually<Answer>(
  what: string,
  condition: () => Answer | Promise<Answer>,
  { withinMs = 5000 }: { withinMs?: number } = {},
): Promise<NonNullable<Answer>> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const answer = await condition();
    if (answer) return answer as NonNullable<Answer>;
    if (performance.now() > deadline) throw new Error(`Not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
