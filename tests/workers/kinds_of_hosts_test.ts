/** Hosts that have different handlers: a job waits for one that knows its kind, and each host says how that is. */
import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { handlerFolder } from "../support/processes/handler_folder.ts";
import { type RunningSystem, runSystem } from "../support/processes/running_system.ts";
import { onEachServer } from "../support/servers/on_each_server.ts";

/** Waits as long as it is told. */
const MAIL = `export async function handler({ payload }) {
  await new Promise((resolve) => setTimeout(resolve, payload));
  return "sent";
}`;

async function add(system: RunningSystem, id: string, waitMs = 0): Promise<number> {
  const response = await system.api("jobs", { id, kind: "mail", payload: waitMs });
  await response.body?.cancel();
  return response.status;
}

async function warningsOf(system: RunningSystem): Promise<string> {
  return (await (await system.api("stats")).json()).warnings.join("\n");
}

const NO_HANDLER = /because no handler is named "mail"/;

onEachServer(
  "a kind that only one of two hosts knows waits for that one, and both say how it is",
  async (server) => {
    await using handlers = await handlerFolder({ mail: MAIL });
    const env = { QUEUE_URL: server.url(), CONSUMERS: "1" };
    await using clerk = await runSystem({ command: "supervise", env });
    const postman = () => runSystem({ command: "supervise", env: { ...env, HANDLERS_DIR: handlers.path } });
    {
      await using knowing = await postman();
      // It is known from the first claim on, which comes when a thread is ready.
      await eventually("a job of its kind is taken", async () => await add(clerk, "first") === 201);
      assert.equal((await clerk.until("first", "COMPLETED")).result, "sent");
      // While its consumer is busy, more of that kind wait: for a consumer, and for no handler.
      assert.equal(await add(clerk, "busy", 1_500), 201);
      await knowing.until("busy", "PROCESSING");
      assert.equal(await add(clerk, "next"), 201);
      for (const system of [clerk, knowing]) {
        const { status, no_handler } = await system.job("next");
        assert.deepEqual([status, no_handler], ["PENDING", false]);
        assert.doesNotMatch(await warningsOf(system), NO_HANDLER);
      }
      await clerk.until("next", "COMPLETED");
      assert.equal(await add(clerk, "last", 500), 201);
      await knowing.until("last", "PROCESSING");
      assert.equal(await add(clerk, "waits"), 201);
    }
    await eventually("the host that is left says what it waits for", async () => {
      return (await clerk.job("waits")).no_handler === true && NO_HANDLER.test(await warningsOf(clerk));
    });
    const ops = await (await fetch(clerk.ops)).text();
    assert.match(ops, /no handler is named (?:"|&quot;)mail/);
    assert.equal((await clerk.job("waits")).status, "PENDING");
    assert.equal(await add(clerk, "late"), 400, "no host knows it by now");

    await using _again = await postman();
    await clerk.until("waits", "COMPLETED");
    await eventually("nothing is said of it any more", async () => !NO_HANDLER.test(await warningsOf(clerk)));
  },
);
