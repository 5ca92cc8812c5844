/**
 * A start by a user to whom file permissions apply. They do not apply to root, so root's privileges are dropped with
 * the `setpriv` command of util-linux. Null without that command: then nothing can be tested.
 */
import { freePort } from "./free_port.ts";

const MAIN = new URL("../../../main.ts", import.meta.url);

export interface Ended {
  readonly code: number;
  readonly words: string;
}

/** Starts the system in `folder`, without a guard, and waits for its end. */
export async function startUnprivileged(
  folder: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<Ended | null> {
  const start = [Deno.execPath(), "run", "-A", "--no-prompt", "--no-check", MAIN.href, "supervise"];
  const [command = "", ...args] = Deno.uid() === 0
    ? ["setpriv", "--inh-caps=-all", "--bounding-set=-all", "--", ...start]
    : start;
  const env = { MANAGER_PORT: String(freePort()), OPS_PORT: String(freePort()), NO_COLOR: "1", ...settings };
  try {
    const { code, stderr } = await new Deno.Command(command, { args, env, cwd: folder, stdout: "null" })
      .output();
    return { code, words: new TextDecoder().decode(stderr) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
