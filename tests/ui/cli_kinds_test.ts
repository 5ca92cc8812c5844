/** The command line beside a running system that was started with other handlers than the command finds. */
import assert from "node:assert/strict";
import { getQueue, openStore, type Queue, type SystemView } from "@persistent-queue/queue";
import { jobsCommand } from "../../ui/cli/jobs_command.ts";
import { eventually } from "../support/eventually.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { sqliteTest, urlFor } from "../support/backend.ts";

/** The command's own folder has `late`, the running system has `remind`. */
const OF_COMMAND = ["file", "late"];
const OF_SYSTEM = ["file", "remind"];

/** What a system shows of itself before it has any consumers. */
const NOTHING: SystemView = {
  ...{ startedAt: 0, starting: true, stopping: false, consumers: [], wedged: 0, producing: false },
  ...{ takesFaults: false, sweep: { lastAt: null, lastRequeued: 0 }, warnings: [], events: [] },
  ...{ trouble: null, memoryBytes: 0 },
};

interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(url: string, ...args: string[]): Promise<Run> {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await jobsCommand(args, {
    queueUrl: url,
    completeUrl: (url) => ({ url, problems: [] }),
    problemOfCopy: () => null,
    openQueue: () => getQueue(url, { kinds: OF_COMMAND, handlersDir: "workers/handlers" }),
    print: (text) => out.push(text),
    printError: (text) => err.push(text),
    readInput: () => Promise.resolve(""),
    onInterrupt: () => {},
    confirm: null,
    actor: { by: "a test", audit: () => {} },
    elapsed: () => 0,
  });
  return { code, out: out.join("\n"), err: err.join("\n") };
}

/** Calls `work` while a system runs that has begun to claim. */
async function besideSystem(url: string, work: (system: Queue) => Promise<void>): Promise<void> {
  const system = await getQueue(url, { role: "owner", kinds: OF_SYSTEM });
  try {
    await system.recover();
    await system.claim([]);
    await work(system);
  } finally {
    await system.close();
  }
}

Deno.test("a kind that only the running system has is accepted, and one that only the command's folder has is refused", async () => {
  await using folder = await tempFolder();
  const url = urlFor(folder.file("queue.db"));
  await besideSystem(url, async () => {
    const added = await run(url, "add", "--kind", "remind", "--id", "r1", "--json");
    assert.equal(added.code, 0, added.err);
    assert.equal(JSON.parse(added.out).jobs[0].no_handler, false);
    assert.equal(JSON.parse((await run(url, "list", "--json")).out).jobs[0].no_handler, false);
    const refused = await run(url, "add", "--kind", "late");
    assert.equal(refused.code, 1);
    assert.equal(
      refused.err,
      'No handler is named "late": known kinds are file, remind (add one in the HANDLERS_DIR of the running system, and restart it).',
    );
  });
  assert.equal((await run(url, "add", "--kind", "late")).code, 0, "the system is stopped");
  const { err } = await run(url, "add", "--kind", "remind");
  assert.equal(
    err,
    'No handler is named "remind": known kinds are file, late (add one in workers/handlers).',
  );
});

Deno.test("list, show and their JSON say that the running system has no handler for a job, whatever the command's folder has", async () => {
  await using folder = await tempFolder();
  const url = urlFor(folder.file("queue.db"));
  assert.equal((await run(url, "add", "--kind", "late", "--id", "l1")).code, 0);
  assert.match((await run(url, "show", "l1")).out, /\nStatus {5}PENDING\n/);
  await besideSystem(url, async () => {
    assert.match((await run(url, "list")).out, /\nl1 +PENDING \(no handler\) +late /);
    assert.match((await run(url, "show", "l1")).out, /\nStatus {5}PENDING \(no handler\)\n/);
    assert.equal(JSON.parse((await run(url, "show", "l1", "--json")).out).no_handler, true);
    assert.equal(JSON.parse((await run(url, "list", "--json")).out).jobs[0].no_handler, true);
  });
});

Deno.test("a kind whose handler the running system cannot load is accepted, as the system does itself", async () => {
  await using folder = await tempFolder();
  const url = urlFor(folder.file("queue.db"));
  await besideSystem(url, async (system) => {
    using _shown = system.present({ view: () => NOTHING, onOrder: () => {} });
    system.claimExcept(new Set(["remind"]));
    await system.claim([]);
    await eventually("a heartbeat shows the kinds", async () => {
      await system.sweep({ held: [], freed: 0 });
      return (await run(url, "add", "--kind", "remind", "--id", "r1")).code === 0;
    });
    assert.equal(JSON.parse((await run(url, "show", "r1", "--json")).out).no_handler, false);
    assert.match((await run(url, "add", "--kind", "late")).err, /known kinds are file, remind /);
  });
});

sqliteTest("the kinds of a supervisor that was killed a moment ago no longer count", async () => {
  await using folder = await tempFolder();
  const url = urlFor(folder.file("queue.db"));
  const store = await openStore(url, "owner");
  await store.join({ id: crypto.randomUUID(), host: "here", pid: 7, version: "" });
  await store.beat(JSON.stringify({ kinds: OF_SYSTEM }));
  assert.equal((await run(url, "add", "--kind", "late")).code, 1);
  // The row stays, as after a kill.
  await store.close();
  assert.equal((await run(url, "add", "--kind", "late")).code, 0);
});
