/** A thread ends without a report, in the middle of a job: how long until that job runs again, elsewhere. */
import { tempFolder } from "../support/temp_folder.ts";
import { openBenchSystem } from "./bench_system.ts";
import { quantile } from "./quantile.ts";
import type { Row } from "./row.ts";

const TIMES = 9;

export async function crash(): Promise<Row[]> {
  await using folder = await tempFolder();
  await using system = await openBenchSystem();
  const values: number[] = [];
  for (let i = 0; i < TIMES; i++) {
    const id = folder.file(`died-${i}`);
    await system.queue.add([{ kind: "crash_once", id }]);
    await system.untilCompleted(i + 1);
    const { job } = await system.queue.get(id);
    values.push(Number(job.result) - Number(Deno.readTextFileSync(id)));
  }
  const figure = quantile(values, 0.5);
  return [{
    measure: "a crashed thread's job runs again after, p50",
    figure,
    unit: "ms",
    limit: null,
    goal: { atMost: 100 },
  }];
}
