/** From the call of `add` to the first line of the handler. */
import { type BenchSystem, openBenchSystem } from "./bench_system.ts";
import { preciseNow } from "./precise_now.ts";
import { quantile } from "./quantile.ts";
import { openRawStore } from "./raw_store.ts";
import type { Goal, Row } from "./row.ts";

const TIMES = 300;
export const WARM_UP = 50;
const PAUSE_MS = 2;

export async function pickup(): Promise<Row[]> {
  await using system = await openBenchSystem();
  await pickups(system, WARM_UP);
  const idle = await pickups(system, TIMES);
  const raw = await rawPickups(TIMES);

  const { consumers } = system.supervisor.view();
  const long = await system.queue.add(consumers.slice(1).map(() => ({ kind: "wait", payload: 60_000 })));
  const busy = await pickups(system, TIMES);
  await system.queue.move("cancel", long.map(({ job }) => job.id), "bench");

  const row = (measure: string, values: readonly number[], part: number, goal: Goal): Row => ({
    measure: `pickup ${measure}, p${part * 100}`,
    ...{ figure: quantile(values, part), unit: "ms", limit: quantile(raw, part), goal },
  });
  return [
    // 1.3 and 1.5 times as long.
    row("by an idle system", idle, 0.5, { ratio: 0.77 }),
    row("by an idle system", idle, 0.99, { ratio: 0.67 }),
    row("while all but one are on long jobs", busy, 0.5, { atMost: 100 }),
    row("while all but one are on long jobs", busy, 0.99, { atMost: 100 }),
  ];
}

export async function pickups(system: BenchSystem, times: number): Promise<number[]> {
  const { queue } = system;
  const values: number[] = [];
  for (let i = 0; i < times; i++) {
    const since = preciseNow();
    const completed = system.untilCompleted(system.completed() + 1);
    const [added] = await queue.add([{ kind: "started" }]);
    await completed;
    const { job } = await queue.get(added?.job.id ?? "");
    values.push(Number(job.result) - since);
    await pause();
  }
  return values;
}

/** The unavoidable part: a durable transaction that inserts and claims, then a message to a thread. */
async function rawPickups(times: number): Promise<number[]> {
  await using raw = await openRawStore();
  const thread = new Worker(new URL("./echo_thread.ts", import.meta.url), { type: "module" });
  const values: number[] = [];
  for (let i = 0; i < WARM_UP + times; i++) {
    const { promise, resolve } = Promise.withResolvers<number>();
    thread.onmessage = ({ data }: MessageEvent<number>) => resolve(data);
    const since = preciseNow();
    const now = Date.now();
    const claimed = raw.transact(() => {
      raw.sql.insert.run(`job ${i}`, "started", "null", 0, now, now);
      return raw.sql.claimOne.all("raw", now, 0, null);
    });
    thread.postMessage(claimed);
    const began = await promise;
    if (i >= WARM_UP) values.push(began - since);
    await pause();
  }
  thread.terminate();
  return values;
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
}
