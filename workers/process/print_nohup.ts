/**
 * Prints `--nohup` if the system was started by `nohup`, for the tasks of `deno.json`. Runs as a separate process,
 * because the runtime shows `/proc` only to a process with all permissions. `nohup` ignores SIGHUP and relies on its
 * children to inherit that. But `deno task` listens to every signal, so what it starts inherits nothing. So what came
 * before `deno task` is checked as well: the command that the shell puts into `_`, and the parent of `deno task`.
 */
import { basename } from "node:path";
import { NOHUP } from "./stop_signals.ts";

/** SIGHUP is signal 1: the lowest bit of the last digit. */
const IGNORES_SIGHUP = /^SigIgn:.*[13579bdf]$/m;

/** Empty if there is no such process; then `--nohup` has to be given by hand. */
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
