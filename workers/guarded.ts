/** The supervisor's side of its guard: how it was started, what it is handed, and when the guard is gone. */

/** A supervisor started with this argument has a guard at the other end of its stdin. */
export const GUARDED = "--guarded";

/** A supervisor started with this argument follows one that died for a reason that a restart may fix. */
export const AGAIN = "--again";

export function isStartedAgain(args: readonly string[] = Deno.args): boolean {
  return args.includes(AGAIN);
}

export function isGuarded(args: readonly string[] = Deno.args): boolean {
  return args.includes(GUARDED);
}

/** The first line of stdin, which the guard writes at once. @throws if the guard ends before that */
export async function readHandover(): Promise<string> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(65_536);
  let text = "";
  while (!text.endsWith("\n")) {
    const length = await Deno.stdin.read(buffer);
    if (length === null) throw new Error("The guard ended before it had handed over the settings.");
    text += decoder.decode(buffer.subarray(0, length), { stream: true });
  }
  return text;
}

/**
 * Resolves when the guard is gone, and never without a guard: under systemd stdin is empty from the start, which means
 * nothing. The process must end with `Deno.exit()`, because the wait itself cannot be canceled.
 */
export async function whenGuardIsGone(args: readonly string[] = Deno.args): Promise<void> {
  if (!isGuarded(args)) return await new Promise(() => {});
  const buffer = new Uint8Array(64);
  while (await isMore(buffer));
}

/** A broken pipe counts as a closed one. */
async function isMore(buffer: Uint8Array): Promise<boolean> {
  return await Deno.stdin.read(buffer).catch(() => null) !== null;
}
