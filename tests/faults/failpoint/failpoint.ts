/** A point in the product at which a process dies, named by the calls that lead to it, one after the other. */
import { onSqlCalls } from "../../support/damage/sql_calls.ts";

/** `before` or `after`, and the name of a call to SQLite, or `rename`. */
export type Point = `${"before" | "after"} ${string}`;

export interface Failpoint {
  /** It dies at the last of these. */
  readonly points: readonly Point[];
  /** How many times the first one is passed before it counts. */
  readonly skipped: number;
}

/** Kills this process when a database in `folder` reaches the failpoint. */
export function dieAt({ points, skipped }: Failpoint, folder: string): Disposable {
  const ahead: Point[] = [...Array.from({ length: skipped }, () => points.slice(0, 1)).flat(), ...points];
  const pass = (point: Point) => {
    if (ahead[0] !== point) return;
    ahead.shift();
    if (ahead.length === 0) Deno.kill(Deno.pid, "SIGKILL");
  };
  const rename = Deno.renameSync;
  Deno.renameSync = (from, to) => {
    pass("before rename");
    rename(from, to);
    pass("after rename");
  };
  return onSqlCalls(folder, {
    before: ({ name, how }) => void (how === "prepare" || pass(`before ${name}`)),
    after: ({ name, how }) => void (how === "prepare" || pass(`after ${name}`)),
  });
}
