/**
 * Stands in for a supervisor under a guard. Arguments: a file to tell its story in, what to do, and `--guarded`.
 * `exit:<code>` ends at once, `wait` waits for a signal or the end of the guard.
 */
import { whenGuardIsGone } from "../../workers/process/guard_watch.ts";

const [story = "", act = ""] = Deno.args;

function tell(what: string): void {
  Deno.writeTextFileSync(story, `${what} ${Deno.pid}\n`, { append: true });
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, () => {
    tell(signal);
    setTimeout(() => Deno.exit(0), 200); // a second signal must find it still at work
  });
}

tell("started");
if (act.startsWith("exit:")) Deno.exit(Number(act.slice("exit:".length)));
await whenGuardIsGone();
tell("guard-gone");
Deno.exit(0);
