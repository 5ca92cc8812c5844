/** A program whose output goes to a full disk: every print fails. */

export interface Redirected {
  /** A device that cannot be written to. */
  readonly dead: "stdout" | "stderr" | "both";
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

const REDIRECTIONS = { stdout: ">/dev/full", stderr: "2>/dev/full", both: ">/dev/full 2>&1" };

/** Null without such a device. */
export function spawnIntoFullDisk(
  args: readonly string[],
  { dead, cwd, env }: Redirected,
): Deno.ChildProcess | null {
  if (!isThere("/dev/full")) return null;
  return new Deno.Command("sh", {
    args: ["-c", `exec "$0" "$@" ${REDIRECTIONS[dead]}`, Deno.execPath(), ...args],
    ...{ cwd, env: { ...env }, stdin: "null", stdout: "piped", stderr: "null" },
  }).spawn();
}

function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
