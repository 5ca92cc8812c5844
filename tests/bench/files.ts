/** The sample job without its pause, against the same handler in a plain loop. */
import { handler } from "../../workers/handlers/file.ts";
import { openBenchSystem } from "./bench_system.ts";
import type { Row } from "./row.ts";

const FILES = 5_000;

export async function files(): Promise<Row[]> {
  await using system = await openBenchSystem();
  const { queue, settings } = system;
  const ids = Array.from({ length: FILES }, (_, i) => `${settings.filesDir}/${i}.txt`);
  for (const id of ids) Deno.writeTextFileSync(id, "");
  const since = performance.now();
  for (let i = 0; i < FILES; i += 1_000) await queue.add(ids.slice(i, i + 1_000).map((id) => ({ id })));
  await system.untilCompleted(FILES);
  const figure = FILES / (performance.now() - since) * 1000;
  const limit = await plainLoop(ids, settings);
  return [{
    measure: "file jobs, WORK_MS=0, adding included",
    figure,
    unit: "/s",
    limit,
    goal: { atLeast: 6_000 },
  }];
}

async function plainLoop(ids: readonly string[], settings: { filesDir: string; workMs: number }) {
  const { signal } = new AbortController();
  const log = () => {};
  const since = performance.now();
  for (const id of ids) {
    await handler({ id, kind: "file", payload: null, lease: 1, consumerId: "loop" }, {
      ...{ signal, settings, log, attempt: 1 },
    });
  }
  return ids.length / (performance.now() - since) * 1000;
}
