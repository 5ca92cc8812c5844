/** What a person does in the Manager of one host to a consumer of another. */
import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { handlerFolder } from "../support/processes/handler_folder.ts";
import type { RunningSystem } from "../support/processes/running_system.ts";
import { severalHosts } from "../support/processes/several_hosts.ts";
import { onAllServers } from "../support/servers/on_each_server.ts";

/** Holds its consumer for ever, and is done at once where another one begins it anew. */
const HELD_ONCE = `export function handler({ id }, { settings }) {
  const mark = settings.filesDir + "/begun-" + id;
  using file = Deno.openSync(mark, { create: true, append: true });
  file.writeSync(Uint8Array.of(0));
  return file.statSync().size === 1 ? new Promise(() => {}) : "done anew";
}`;
/** Long enough for a consumer to be shown as silent before it is replaced. */
const TIMINGS = { HEARTBEAT_MS: "100", SWEEP_MS: "300", STALL_MS: "2500" };

interface Shown {
  readonly id: string;
  readonly host: string;
  readonly state: string;
  readonly restarts: number;
}

/** The consumers of all hosts, as this one shows them. */
async function shownBy(system: RunningSystem): Promise<readonly Shown[]> {
  return (await (await system.api("stats")).json()).consumers;
}

async function order(system: RunningSystem, what: "crash" | "hang", consumerId: string): Promise<void> {
  const response = await system.api(`consumers/${consumerId}/${what}`, {});
  assert.deepEqual([response.status, (await response.json()).provoked], [202, what]);
}

function jobqueueLog({ folder }: RunningSystem): string {
  return Deno.readTextFileSync(`${folder}/logs/jobqueue.log`);
}

onAllServers(
  "a hang and a crash asked for on one host reach the consumers on another, which are replaced",
  async (server) => {
    await using handlers = await handlerFolder({ held_once: HELD_ONCE });
    const env = { ...TIMINGS, QUEUE_URL: server.url() };
    await using hosts = await severalHosts({ asked: env, other: { ...env, HANDLERS_DIR: handlers.path } });
    const { asked, other } = hosts.each;
    await eventually("the job is taken", async () => {
      const response = await asked.api("jobs", { id: "j", kind: "held_once" });
      await response.body?.cancel();
      return response.status === 201;
    });
    const { consumer_id: victim } = await other.until("j", "PROCESSING");
    assert.ok(typeof victim === "string");
    const stateOf = async (id: string) => (await shownBy(asked)).find((one) => one.id === id)?.state;
    await eventually(
      "its consumer is shown on the other host",
      async () => await stateOf(victim) === "working",
    );

    await order(asked, "hang", victim);
    await eventually("it is silent", async () => await stateOf(victim) === "silent");
    const job = await asked.until("j", "COMPLETED");
    assert.equal(job.result, "done anew");
    assert.notEqual(job.consumer_id, victim);
    await eventually("it is replaced", async () => {
      const restarts = (await shownBy(asked)).map((one) => one.restarts).sort();
      return await stateOf(victim) === undefined && restarts.join() === "0,0,0,1";
    });
    const told = new RegExp(`Restarted consumer ${victim}: No heartbeat for [23] s`);
    await eventually("its host logs why", () => told.test(jobqueueLog(other)));
    const ops = await (await fetch(other.ops)).text();
    assert.match(ops, new RegExp(`${victim.slice(0, 8)} was made to hang by [^<]* at [^<]*pid`));

    const idle = await eventually("the new one is idle", async () => {
      const shown = await shownBy(asked);
      return shown.find(({ state, restarts }) => state === "idle" && restarts === 1);
    });
    await order(asked, "crash", idle.id);
    await eventually("it is replaced as well", async () => {
      return (await shownBy(asked)).some(({ state, restarts }) => state === "idle" && restarts === 2);
    });
    assert.doesNotMatch(jobqueueLog(asked), /Restarted consumer/, "it hit the wrong host");
  },
);
