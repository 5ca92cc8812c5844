/**
 * A process to be measured: the whole system with its pages, on a database in which very many jobs wait. It
 * prints how many megabytes it uses when half of them are done, and when all are: `draining_system.ts
 * <database> <jobs>`.
 */
import { openBenchSystem } from "./bench_system.ts";
import { servePages } from "./served_pages.ts";

const PATIENCE_MS = 600_000;
const [database = "", jobs = "0"] = Deno.args;

await using system = await openBenchSystem({ database });
await using _ = await servePages(system);
for (const part of [0.5, 1]) {
  await system.untilCompleted(Number(jobs) * part, PATIENCE_MS);
  console.log(Deno.memoryUsage().rss / 1e6);
}
