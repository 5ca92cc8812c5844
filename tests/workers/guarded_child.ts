/**
 * Stands in for a supervisor under a guard. Arguments: a file in which to log its steps, what to do, and `--guarded`.
 * `exit:<code>,<code>…` ends at once, each life with the next of these codes; `wait` waits for a signal or the end of
 * the guard.
 */
import { whenGuardIsGone } from "../../workers/guarded.ts";

const [steps = "", act = ""] = Deno.args;

function tell(what: string): void {
  Deno.writeTextFileSync(steps, `${what} ${Deno.pid}\n`, { append: true });
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, () => {
    tell(signal);
    setTimeout(() => Deno.exit(0), 200); // a second signal must find it still at work
  });
}

tell("started");
if (act.startsWith("exit:")) {
  const codes = act.slice("exit:".length).split(",");
  const lives = Deno.readTextFileSync(steps).split("\n").filter((line) => line.startsWith("started ")).length;
  Deno.exit(Number(codes[(lives - 1) % codes.length]));
}
await whenGuardIsGone();
tell("guard-gone");
Deno.exit(0);
