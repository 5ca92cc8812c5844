/** A backend that cannot copy itself or read all its pages: the commands give its reason instead of a result. */
import assert from "node:assert/strict";
import { openStore, Queue, type Store } from "@persistent-queue/queue";
import { QUEUE_DEFAULTS } from "@persistent-queue/queue";
import { jobsCommand } from "../../ui/cli/jobs_command.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { urlFor } from "../support/backend.ts";

const NO_BACKUP = "Jobs in memory cannot be copied: export them instead.";
const NO_DEEP_CHECK = "Memory has no pages.";

async function run(...args: string[]): Promise<{ code: number; out: string[]; err: string[] }> {
  await using folder = await tempFolder();
  const openQueue = async () => {
    const store: Store = await openStore(urlFor(folder.file("queue.db")), "guest");
    const capabilities = {
      backup: { reason: NO_BACKUP },
      deepCheck: { reason: NO_DEEP_CHECK },
      hosts: { reason: NO_BACKUP },
    };
    return new Queue(Object.assign(store, { capabilities }), QUEUE_DEFAULTS);
  };
  const [out, err]: [string[], string[]] = [[], []];
  const code = await jobsCommand(args, {
    ...{
      openQueue,
      queueUrl: urlFor(folder.file("queue.db")),
      completeUrl: (url) => ({ url, problems: [] }),
      problemOfCopy: () => null,
      confirm: null,
      elapsed: () => performance.now(),
      readInput: () => Promise.resolve(""),
      onInterrupt: () => {},
    },
    ...{ print: (text) => out.push(text), printError: (text) => err.push(text) },
    actor: { by: "a test", audit: () => {} },
  });
  return { code, out, err };
}

Deno.test("a backup that the backend cannot make is refused with its reason", async () => {
  assert.deepEqual(await run("backup", "copy.db"), { code: 1, out: [], err: [NO_BACKUP] });
  const { code, err } = await run("backup", "copy.db", "--json");
  assert.equal(code, 1);
  assert.deepEqual(JSON.parse(err.join()), { error: { code: "unsupported", message: NO_BACKUP } });
});

Deno.test("a deep check that the backend cannot make is a quick one, and verify says so", async () => {
  assert.deepEqual(await run("verify", "--deep"), {
    code: 0,
    out: ["The storage is sound."],
    err: [`Only a quick check: ${NO_DEEP_CHECK}`],
  });
  assert.deepEqual((await run("verify")).err, []);
  const { out } = await run("verify", "--deep", "--json");
  assert.deepEqual(JSON.parse(out.join()), { sound: true, problems: [], skipped: NO_DEEP_CHECK });
});
