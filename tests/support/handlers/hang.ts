/** The first time it blocks its thread for ever, in the way that the payload names; then it succeeds at once. */
import { DatabaseSync } from "node:sqlite";
import type { HandlerContext, HandlerJob } from "@persistent-queue/workers";
import { isFirstTime } from "../system/first_time.ts";

export function handler(job: HandlerJob, context: HandlerContext): string {
  if (isFirstTime(job, context)) hang(job.payload, context);
  return "done by another";
}

function hang(how: unknown, { settings }: HandlerContext): void {
  switch (how) {
    case "loop":
      for (;;);
    case "regex":
      /^(a+)+$/.test(`${"a".repeat(60)}!`);
      break;
    case "lock":
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      break;
    case "pipe":
      // Blocks until another process writes to it.
      Deno.readTextFileSync(`${settings.filesDir}/pipe`);
      break;
    case "query":
      new DatabaseSync(":memory:")
        .prepare("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n")
        .get();
  }
}
