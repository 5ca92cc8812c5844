/**
 * Prints `--nohup` where the system was started behind `nohup`, for the tasks of `deno.json`. In a process of its own,
 * because the runtime shows `/proc` only to a process with every permission.
 *
 * `nohup` ignores SIGHUP and leaves it to its children to inherit that, but `deno task` listens to every signal, and what
 * it starts afterwards inherits nothing. So what came before `deno task` is looked at too: the command as the shell names
 * it in `_`, and the process that started `deno task`.
 */
import { basename } from "node:path";
import { NOHUP } from "./stop_signals.ts";

/** SIGHUP is the first signal: the lowest bit of the last digit. */
const IGNORES_SIGHUP = /^SigIgn:.*[13579bdf]$/m;

/** Empty where there is no such thing: then `--nohup` can be given by hand. */
function statusOf(pid: number | string): string {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/status`);
  } catch {
    return "";
  }
}

function parentOf(pid: number): number {
  return Number(/^PPid:\s*(\d+)/m.exec(statusOf(pid))?.[1] ?? 0);
}

const byName = basename(Deno.env.get("_") ?? "") === "nohup";
const isIgnored = [Deno.pid, parentOf(Deno.ppid)].map(statusOf).some((status) => IGNORES_SIGHUP.test(status));
if (byName || isIgnored) console.log(NOHUP);
