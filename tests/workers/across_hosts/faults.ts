/** What a person in the Manager of one host does to a consumer of another. */
import assert from "node:assert/strict";
import { eventually } from "../../support/eventually.ts";
import type { RunningSystem } from "../../support/processes/running_system.ts";
import { consumersOf, type Stage } from "./stage.ts";

/** Holds its consumer for ever, and succeeds at once when another consumer runs it again. */
export const HELD_ONCE = `export function handler({ id }, { settings }) {
  const mark = settings.filesDir + "/begun-" + id;
  using file = Deno.openSync(mark, { create: true, append: true });
  file.writeSync(Uint8Array.of(0));
  return file.statSync().size === 1 ? new Promise(() => {}) : "done again";
}`;

async function order(system: RunningSystem, what: "crash" | "hang", consumerId: string): Promise<void> {
  const response = await system.api(`consumers/${consumerId}/${what}`, {});
  assert.deepEqual([response.status, (await response.json()).provoked], [202, what]);
}

function jobqueueLog({ folder }: RunningSystem): string {
  return Deno.readTextFileSync(`${folder}/logs/jobqueue.log`);
}

/** A hang, and then a crash. */
export async function faultsReachTheOther({ asked, other }: Stage): Promise<void> {
  // A kind is known once it has been claimed for the first time, after a thread is ready.
  await eventually("a job of a kind of the other host is taken", async () => {
    const response = await asked.api("jobs", { id: "held", kind: "held_once" });
    await response.body?.cancel();
    return response.status === 201;
  });
  const { consumer_id: victim } = await asked.until("held", "PROCESSING");
  assert.ok(typeof victim === "string");
  const stateOf = async (id: string) => (await consumersOf(asked)).find((one) => one.id === id)?.state;
  const isInPlace = async (restarts: number) =>
    (await consumersOf(asked)).find((one) => one.state === "idle" && one.restarts === restarts)?.id;
  await eventually(
    "its consumer is shown on the other host",
    async () => await stateOf(victim) === "working",
  );

  await order(asked, "hang", victim);
  await eventually("it is silent", async () => await stateOf(victim) === "silent");
  const job = await asked.until("held", "COMPLETED");
  assert.equal(job.result, "done again");
  assert.notEqual(job.consumer_id, victim);
  const next = await eventually("it is replaced", () => isInPlace(1));
  const told = new RegExp(`Restarted consumer ${victim}: No heartbeat for [23] s`);
  await eventually("its host logs why", () => told.test(jobqueueLog(other)));
  const ops = await (await fetch(other.ops)).text();
  assert.match(ops, new RegExp(`${victim.slice(0, 8)} was made to hang by [^<]* at [^<]*pid`));

  await order(asked, "crash", next);
  await eventually("it is replaced as well", () => isInPlace(2));
  assert.doesNotMatch(jobqueueLog(asked), /Restarted consumer/, "it hit the wrong host");
}
