/** All other hosts report a host that dies, until it is back; they do not report one that was stopped cleanly. */
import assert from "node:assert/strict";
import {
  getQueue,
  openStore,
  Queue,
  QUEUE_DEFAULTS,
  type QueueEvent,
  StorageError,
} from "@persistent-queue/queue";
import { changedStore } from "../support/queue/queue_on.ts";
import { eventually } from "../support/eventually.ts";
import { type SharedServer, sharedServers } from "../support/servers/shared_servers.ts";

const SENTENCE = "a host that went away without having been stopped is told of until it is back";

for (const { name, start } of sharedServers(SENTENCE)) {
  Deno.test(`${name}: ${SENTENCE}`, async () => {
    await using server = await start();
    await using hosts = new AsyncDisposableStack();
    const [one, two] = [await openHost(server, hosts), await openHost(server, hosts)];
    const stopped = await joinAs("web-8", server);
    await joinAs("web-9", server).then(({ die }) => die());
    await stopped.leave();
    await untilAll([one, two], ({ events }) => lossesIn(events).length > 0);
    for (const { queue } of [one, two]) {
      assert.match(queue.warnings.join(), /^Host web-9 \(pid 7\) went away at \d{4}-.{11} UTC without/);
    }
    assert.deepEqual(
      one.queue.warnings,
      two.queue.warnings,
      "all hosts report it in the same words, so that it is shown once",
    );
    const losses = [one, two].flatMap(({ events }) => lossesIn(events));
    assert.deepEqual(losses.map(({ host, pid }) => [host, pid]), [["web-9", 7], ["web-9", 7]]);
    assert.deepEqual(losses.map(({ jobs }) => jobs).sort(), [0, 1], "the one that took its job says so");

    const later = await openHost(server, hosts);
    assert.deepEqual([later.queue.warnings, lossesIn(later.events)], [one.queue.warnings, []]);
    const back = await joinAs("web-9", server);
    await untilAll([one, two, later], ({ queue }) => queue.warnings.length === 0);
    await back.leave();
    const last = await openHost(server, hosts);
    for (const { queue, events } of [one, two, later, last]) {
      await queue.sweep(NOTHING);
      assert.deepEqual([queue.warnings, lossesIn(events).length <= 1], [[], true]);
    }
  });
}

const UNANSWERED = "a host whose first join was written but not answered does not tell of its own death";

for (const { name, start } of sharedServers(UNANSWERED)) {
  Deno.test(`${name}: ${UNANSWERED}`, async () => {
    await using server = await start();
    const store = await openStore(server.url(), "owner");
    const lost: string[] = [];
    const changed = changedStore(store, {
      async join(process) {
        await store.join(process);
        if (lost.push(process.id) === 1) throw new StorageError("the answer is lost", { passing: true });
      },
      async processes(how) {
        const rows = await store.processes(how);
        return rows.map((row) => row.id === lost[0] ? { ...row, isDead: true } : row);
      },
    });
    const queue = new Queue(changed, QUEUE_DEFAULTS);
    try {
      const events: QueueEvent[] = [];
      queue.subscribe((event) => events.push(event));
      await queue.recover();
      await queue.claim([{ consumerId: "c", limit: 1, suspect: false }]);
      await queue.sweep(NOTHING);
      const rows = await store.processes({ silentForMs: 30_000 });
      assert.deepEqual(rows.map(({ id }) => id), lost.slice(1), "the row without an answer was removed");
      assert.deepEqual([lost.length, lossesIn(events), queue.warnings], [2, [], []]);
    } finally {
      await queue.close();
    }
  });
}

const AWAY = "what is known of other hosts grows old while the storage does not answer";

for (const { name, start } of sharedServers(AWAY)) {
  Deno.test(`${name}: ${AWAY}`, async () => {
    await using server = await start();
    const other = await joinAs("web-9", server);
    const store = await openStore(server.url(), "owner");
    let isAway = false;
    const queue = new Queue(
      changedStore(store, {
        processes: (how) =>
          isAway ? Promise.reject(new StorageError("away", { passing: true })) : store.processes(how),
      }),
      QUEUE_DEFAULTS,
    );
    try {
      await queue.recover();
      await eventually("it knows the other", () => queue.hosts.length === 1);
      isAway = true;
      const before = queue.hosts[0]?.viewAgeMs ?? 0;
      await eventually("it grows old", () => (queue.hosts[0]?.viewAgeMs ?? 0) > before + 1_500);
    } finally {
      await queue.close();
      await other.leave();
    }
  });
}

const NOTHING = { held: [], freed: 0 };

interface Host {
  readonly queue: Queue;
  readonly events: QueueEvent[];
}

async function openHost(server: SharedServer, hosts: AsyncDisposableStack): Promise<Host> {
  const queue = await getQueue(server.url(), { role: "owner" });
  hosts.defer(() => queue.close());
  const events: QueueEvent[] = [];
  queue.subscribe((event) => events.push(event));
  await queue.recover();
  return { queue, events };
}

/** A process on a host with this name, with a job in flight. */
async function joinAs(host: string, server: SharedServer) {
  const store = await openStore(server.url(), "owner");
  const id = crypto.randomUUID();
  await store.join({ id, host, pid: 7, version: "" });
  await store.insert([{ id, kind: "file", payload: "null", priority: 0, runAt: null, replace: false }]);
  await store.claim([{ consumerId: "c", limit: 1, suspect: false }]);
  return {
    die: () => store.close(),
    async leave() {
      await store.leave(id);
      await store.close();
    },
  };
}

/** All of them sweep again and again, as running systems do. */
async function untilAll(hosts: readonly Host[], is: (host: Host) => boolean): Promise<void> {
  await eventually("all of them agree", async () => {
    await Promise.all(hosts.map(({ queue }) => queue.sweep(NOTHING)));
    return hosts.every(is);
  }, { withinMs: 10_000 });
}

function lossesIn(events: readonly QueueEvent[]) {
  return events.filter((event) => event.type === "host-lost");
}
