import assert from "node:assert/strict";
import { getQueue, type Queue, type QueueEvent } from "@persistent-queue/queue";
import { sqliteShell } from "../support/queue/sqlite_shell.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { sqliteTest } from "../support/backend.ts";

const NEVER = new AbortController().signal;

/** The files that a process would leave behind if it died now. */
async function remains(from: string, to: string): Promise<void> {
  for (const ending of ["", "-wal"]) {
    await new Deno.Command("cp", { args: [`${from}${ending}`, `${to}${ending}`] }).output();
  }
}

async function eventsOfVerify(queue: Queue, signal = NEVER): Promise<QueueEvent[]> {
  const events: QueueEvent[] = [];
  queue.subscribe((event) => events.push(event));
  await queue.verify(signal);
  return events;
}

/** Dies with 250 jobs, after `sql`; returns the queue that is opened on the remaining files. */
async function afterDeath(folder: { file(name: string): string }, sql?: string): Promise<Queue> {
  const path = folder.file("queue.db");
  const dying = await getQueue(`sqlite:${path}`, { role: "owner", kinds: ["noop"] });
  await dying.recover();
  await dying.add(Array.from({ length: 250 }, (_, i) => ({ id: `j${i}`, kind: "noop" })));
  if (sql !== undefined) await sqliteShell(path, sql);
  await remains(path, folder.file("left.db"));
  await dying.close();
  const next = await getQueue(`sqlite:${folder.file("left.db")}`, { role: "owner", kinds: ["noop"] });
  assert.deepEqual(await next.recover(), [], "no job was in flight");
  return next;
}

sqliteTest("after a clean stop the jobs are not checked", async () => {
  await using folder = await tempFolder();
  const options = { role: "owner", kinds: ["noop"] } as const;
  const first = await getQueue(`sqlite:${folder.file("queue.db")}`, options);
  await first.recover();
  await first.add([{ id: "j", kind: "noop" }]);
  await first.close();
  const second = await getQueue(`sqlite:${folder.file("queue.db")}`, options);
  await second.recover();
  assert.deepEqual(await eventsOfVerify(second), []);
  await second.close();
});

sqliteTest("after a death every job is checked, and a sound database causes no warning", async () => {
  await using folder = await tempFolder();
  const queue = await afterDeath(folder);
  assert.deepEqual(await eventsOfVerify(queue), [{ type: "verified", problems: [] }]);
  assert.deepEqual(queue.warnings, []);
  await queue.close();
});

sqliteTest("violations are reported after a death, on the pages too", async () => {
  await using folder = await tempFolder();
  const queue = await afterDeath(
    folder,
    "INSERT INTO history (seq, at, event, lease, retries) SELECT seq, 1, 'stalled', 7, 0 FROM jobs WHERE id IN ('j0', 'j200')",
  );
  const events = await eventsOfVerify(queue);
  assert.deepEqual(events, [{
    type: "verified",
    problems: ["j200", "j0"].map((id) => `Job "${id}" has lease 0, but its history knows 7.`),
  }]);
  assert.deepEqual(queue.warnings, [
    'After the unclean stop something is wrong: Job "j200" has lease 0, but its history knows 7. ' +
    "See this and 1 more with: deno task jobs verify --deep",
  ]);
  await queue.close();
});

sqliteTest("a stop ends the check after a death, without a verdict", async () => {
  await using folder = await tempFolder();
  const queue = await afterDeath(folder);
  const stop = new AbortController();
  stop.abort();
  assert.deepEqual(await eventsOfVerify(queue, stop.signal), []);
  await queue.close();
});
