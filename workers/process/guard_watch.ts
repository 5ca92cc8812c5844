/** The supervisor's side of the guard: it must not outlive it. */

/** Whoever is started with this word has a guard at the other end of its stdin. */
export const GUARDED = "--guarded";

/**
 * Resolves when the guard is gone. Never does without a guard: under systemd stdin is empty from the start, and
 * means nothing. The process must end by `Deno.exit()`: the wait itself cannot be called off.
 */
export async function whenGuardIsGone(args: readonly string[] = Deno.args): Promise<void> {
  if (!args.includes(GUARDED)) return await new Promise(() => {});
  const buffer = new Uint8Array(64);
  while (await isMore(buffer));
}

/** A broken pipe is as good as an ended one. */
async function isMore(buffer: Uint8Array): Promise<boolean> {
  return await Deno.stdin.read(buffer).catch(() => null) !== null;
}
