/** Hosts that have different handlers: a job waits for one that knows its kind, and each host says how that is. */
import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { handlerFolder } from "../support/processes/handler_folder.ts";
import { type RunningSystem, runSystem } from "../support/processes/running_system.ts";
import { severalHosts } from "../support/processes/several_hosts.ts";
import { onAllServers } from "../support/servers/on_each_server.ts";

/** Waits as long as it is told. */
const MAIL = `export async function handler({ payload }) {
  await new Promise((resolve) => setTimeout(resolve, payload));
  return "sent";
}`;

/** Returns the status of the response. */
async function add(system: RunningSystem, id: string, waitMs = 0): Promise<number> {
  const response = await system.api("jobs", { id, kind: "mail", payload: waitMs });
  await response.body?.cancel();
  return response.status;
}

async function warningsOf(system: RunningSystem): Promise<string> {
  return (await (await system.api("stats")).json()).warnings.join("\n");
}

const NO_HANDLER = /because no handler is named "mail"/;

onAllServers(
  "a host takes a job of a kind that only another one knows, and while that is down the job waits, which the pages say",
  async (server) => {
    await using handlers = await handlerFolder({ mail: MAIL });
    const ofClerk = { QUEUE_URL: server.url(), CONSUMERS: "1" };
    const ofPostman = { ...ofClerk, HANDLERS_DIR: handlers.path };
    await using hosts = await severalHosts({ clerk: ofClerk, postman: ofPostman });
    const { clerk, postman } = hosts.each;
    // A kind is known from the first claim on, which comes when a thread is ready.
    await eventually("a job of its kind is taken", async () => await add(clerk, "first") === 201);
    assert.equal((await clerk.until("first", "COMPLETED")).result, "sent");

    // While its consumer is busy, more of that kind wait: for a consumer, and for no handler.
    assert.equal(await add(clerk, "busy", 1_000), 201);
    await postman.until("busy", "PROCESSING");
    assert.equal(await add(clerk, "waits"), 201);
    for (const system of [clerk, postman]) {
      const { status, no_handler } = await system.job("waits");
      assert.deepEqual([status, no_handler], ["PENDING", false]);
      assert.doesNotMatch(await warningsOf(system), NO_HANDLER);
    }

    postman.process.kill("SIGTERM");
    await postman.process.status;
    await eventually("the host that is left says what it waits for", async () => {
      return (await clerk.job("waits")).no_handler === true && NO_HANDLER.test(await warningsOf(clerk));
    });
    assert.match(await (await fetch(clerk.ops)).text(), /no handler is named (?:"|&quot;)mail/);
    assert.deepEqual([(await clerk.job("busy")).status, (await clerk.job("waits")).status], [
      "COMPLETED",
      "PENDING",
    ]);
    assert.equal(await add(clerk, "late"), 400, "no host knows it by now");

    await using _again = await runSystem({ command: "supervise", env: ofPostman });
    await clerk.until("waits", "COMPLETED");
    await eventually("nothing is said of it any more", async () => !NO_HANDLER.test(await warningsOf(clerk)));
  },
);
