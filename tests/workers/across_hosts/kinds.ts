/** Hosts with different handlers: a job waits for a host that knows its kind, and each host shows that. */
import assert from "node:assert/strict";
import { getQueue } from "@persistent-queue/queue";
import { eventually } from "../../support/eventually.ts";
import type { RunningSystem } from "../../support/processes/running_system.ts";
import type { Stage } from "./stage.ts";

/** Waits for as long as it is told. */
export const MAIL = `export async function handler({ payload }) {
  await new Promise((resolve) => setTimeout(resolve, payload));
  return "sent";
}`;

const NO_HANDLER = /because no handler is named "mail"/;

/** Returns the status of the response. */
async function add(system: RunningSystem, id: string, waitMs = 0): Promise<number> {
  const response = await system.api("jobs", { id, kind: "mail", payload: waitMs });
  await response.body?.cancel();
  return response.status;
}

/** As a command does alongside a system with other handlers. */
async function addByCommand(url: string, id: string): Promise<void> {
  const queue = await getQueue(url, { role: "guest", kinds: ["file"] });
  try {
    await queue.add([{ id, kind: "mail", payload: 0 }]);
    await assert.rejects(
      queue.add([{ id: "never", kind: "fax" }]),
      /No handler is named "fax": known kinds are .*mail/,
    );
  } finally {
    await queue.close();
  }
}

async function warningsOf(system: RunningSystem): Promise<string> {
  return (await (await system.api("stats")).json()).warnings.join("\n");
}

export async function jobsWaitForTheKnowing({ url, asked, other, startAgain }: Stage): Promise<void> {
  assert.equal(await add(asked, "first"), 201);
  await addByCommand(url, "second");
  for (const id of ["first", "second"]) {
    assert.equal((await asked.until(id, "COMPLETED")).result, "sent");
  }

  // While its consumer is busy, more jobs of that kind wait: for a consumer, not for a handler.
  assert.equal(await add(asked, "busy", 2_000), 201);
  await other.until("busy", "PROCESSING");
  assert.equal(await add(asked, "waits"), 201);
  for (const system of [asked, other]) {
    const { status, no_handler } = await system.job("waits");
    assert.deepEqual([status, no_handler], ["PENDING", false]);
    assert.doesNotMatch(await warningsOf(system), NO_HANDLER);
  }

  other.process.kill("SIGTERM");
  await other.process.status;
  await eventually("the host that is left says what it waits for", async () => {
    return (await asked.job("waits")).no_handler === true && NO_HANDLER.test(await warningsOf(asked));
  });
  assert.match(await (await fetch(asked.ops)).text(), /no handler is named (?:"|&quot;)mail/);
  const statuses = await Promise.all(["busy", "waits"].map(async (id) => (await asked.job(id)).status));
  assert.deepEqual(statuses, ["COMPLETED", "PENDING"]);
  assert.equal(await add(asked, "late"), 400, "no host knows it by now");

  await using _again = await startAgain();
  await asked.until("waits", "COMPLETED");
  await eventually("it is no longer reported", async () => !NO_HANDLER.test(await warningsOf(asked)));
}
