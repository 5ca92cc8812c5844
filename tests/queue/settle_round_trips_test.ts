/** How often endings on PostgreSQL wait for an answer of the server: over a slow network each time counts. */
import assert from "node:assert/strict";
import { connect, createServer, type Socket } from "node:net";
import { once } from "node:events";
import { openStore } from "@persistent-queue/queue";
import type { Settlement } from "../../queue/ending.ts";
import { newJob } from "../conformance/stage.ts";
import { BACKEND } from "../support/backend.ts";
import { freePort } from "../support/processes/free_port.ts";
import { type PostgresServer, postgresServer, whyNoPostgres } from "../support/servers/postgres_server.ts";

const JOBS = 400;

Deno.test({
  name: "hundreds of failed attempts in one call do not each wait for the answer to the one before",
  ignore: BACKEND !== "sqlite" || whyNoPostgres() !== null,
  fn: async () => {
    await using server = await postgresServer({ isDurable: false });
    await using counter = await countingRelay(server);
    const store = await openStore(server.url("q").replace(`:${server.port}`, `:${counter.port}`), "owner");
    try {
      await store.join({ id: crypto.randomUUID(), host: "here", pid: 1, version: "" });
      await store.insert(Array.from({ length: JOBS }, (_, i) => newJob(`job ${i}`)));
      const { claimed } = await store.claim([{ consumerId: "c1", limit: JOBS, suspect: false }]);
      const endings = claimed.map(({ seq, lease }): Settlement => ({
        ...{ seq, lease, verb: "retry", retries: 1, event: "retried", delayMs: 1_000 },
        ...{ detail: "it broke", error: "it broke", replacesLine: false },
      }));
      const before = counter.turns;
      const held = await store.settle(endings);
      assert.equal(held.filter((is) => is).length, JOBS);
      const turns = counter.turns - before;
      assert.ok(turns < JOBS / 2, `${turns} round trips`);
    } finally {
      await store.close();
    }
  },
});

interface CountingRelay extends AsyncDisposable {
  readonly port: number;
  /** How often the server has answered a client that had sent something since its last answer. */
  readonly turns: number;
}

/** It passes on what either side sends a moment later, so that all that is sent together counts once. */
async function countingRelay({ port: to }: PostgresServer): Promise<CountingRelay> {
  let turns = 0;
  const sockets = new Set<Socket>();
  const relay = createServer((near) => {
    const far = connect(to, "127.0.0.1");
    let isAsked = false;
    passOn(near, far, () => isAsked = true);
    passOn(far, near, () => {
      if (isAsked) turns += 1;
      isAsked = false;
    });
    for (const socket of [near, far]) sockets.add(socket);
  });
  const port = freePort();
  relay.listen(port, "127.0.0.1");
  await once(relay, "listening");
  return {
    port,
    get turns() {
      return turns;
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      relay.close();
      await once(relay, "close");
    },
  };
}

function passOn(from: Socket, to: Socket, onData: () => void): void {
  from.setNoDelay(true);
  from.on("data", (data) => {
    setTimeout(() => {
      onData();
      if (!to.destroyed) to.write(data);
    }, 2);
  });
  from.on("error", () => {});
  from.on("close", () => to.destroy());
}
