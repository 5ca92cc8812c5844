/** The sample job without its pause, against the same handler in a plain loop. */
import type { HandlerSettings } from "../../workers/handler.ts";
import { handler } from "../../workers/handlers/file.ts";
import { type BenchSystem, openBenchSystem } from "./bench_system.ts";
import { warmUp } from "./drain.ts";
import { middleOf } from "./middle_of.ts";
import type { BenchOptions, Row } from "./row.ts";

const FILES = 20_000;
const BATCH = 1_000;

export async function files({ rounds }: BenchOptions): Promise<Row[]> {
  await using system = await openBenchSystem();
  await warmUp(system);
  const compared = await middleOf(rounds, async () => {
    const ids = makeFiles(`${system.settings.filesDir}/${crypto.randomUUID()}-`);
    return {
      figure: await drainFiles(system, ids),
      limit: await plainLoop(ids, { ...system.settings, severalHosts: false }),
    };
  });
  const measure = "file jobs, WORK_MS=0, vs. a plain loop without a queue";
  return [{ measure, ...compared, unit: "/s", goal: { ratio: 0.85 } }];
}

function makeFiles(prefix: string): string[] {
  const ids = Array.from({ length: FILES }, (_, i) => `${prefix}${i}.txt`);
  for (const id of ids) Deno.writeTextFileSync(id, "");
  return ids;
}

/** Jobs of files that exist already; the first are processed while the last are added. */
async function drainFiles(system: BenchSystem, ids: readonly string[]): Promise<number> {
  const before = system.completed();
  const since = performance.now();
  for (let i = 0; i < ids.length; i += BATCH) {
    await system.queue.add(ids.slice(i, i + BATCH).map((id) => ({ id })));
  }
  await system.untilCompleted(before + ids.length);
  return ids.length / (performance.now() - since) * 1000;
}

async function plainLoop(ids: readonly string[], settings: HandlerSettings) {
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
