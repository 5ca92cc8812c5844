/** The options of the command line that choose jobs by time. */
import assert from "node:assert/strict";
import { getQueue } from "@persistent-queue/queue";
import { jobsCommand } from "../../ui/cli/jobs_command.ts";
import { type TempFolder, tempFolder } from "../support/temp_folder.ts";
import { urlFor } from "../support/backend.ts";

const NOW = Date.parse("2026-11-24T15:00:00Z");

async function run(folder: TempFolder, words: string): Promise<{ code: number; out: string; err: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await jobsCommand(words.split(" "), {
    queueUrl: urlFor(folder.file("queue.db")),
    completeUrl: (url) => ({ url, problems: [] }),
    problemOfCopy: () => null,
    openQueue: () => getQueue(urlFor(folder.file("queue.db")), { kinds: ["mail"], now: () => NOW }),
    print: (text) => out.push(text),
    printError: (text) => err.push(text),
    readInput: () => Promise.resolve(""),
    onInterrupt: () => {},
    confirm: null,
    actor: { by: "command line (user ann)", audit: () => {} },
    elapsed: () => 0,
  });
  return { code, out: out.join("\n"), err: err.join("\n") };
}

Deno.test("scheduled jobs can be listed and canceled apart from those that are due, and changed jobs apart from the others", async () => {
  await using folder = await tempFolder();
  const queue = await getQueue(urlFor(folder.file("queue.db")), {
    kinds: ["mail"],
    now: () => NOW - 3_600_000,
  });
  await queue.add([{ id: "due", kind: "mail" }, { id: "later", kind: "mail", runAt: NOW + 60_000 }]);
  await queue.close();
  const listed = async (words: string) =>
    (await run(folder, `list ${words}`)).out.split("\n").slice(1)
      .map((line) => line.split(" ")[0]);
  assert.deepEqual(await listed("--due later"), ["later"]);
  assert.deepEqual(await listed("--due now"), ["due"]);
  assert.deepEqual(await listed("--changed-since 2h"), ["later", "due"]);
  assert.deepEqual(await listed("--changed-since 15m"), []);
  assert.equal(
    (await run(folder, "cancel --all --due later --dry-run")).out,
    "1 job would be canceled: 1 PENDING.",
  );
  assert.equal((await run(folder, "cancel --all --due later --yes")).out, "1 canceled.");
  assert.deepEqual(await listed("--changed-since 2026-11-24T15:00:00Z"), ["later"]);
  for (const words of ["--due soon", "--due later --status FAILED", "--changed-since yesterday"]) {
    assert.equal((await run(folder, `list ${words}`)).code, 2, words);
  }
});

Deno.test("a job added with a delay of 15 minutes waits that long by the clock of the queue", async () => {
  await using folder = await tempFolder();
  const { out } = await run(folder, "add later --kind mail --in 15m");
  assert.match(out, /due 2026-11-24 15:15:00.*, in 15 min/);
  const queue = await getQueue(urlFor(folder.file("queue.db")), { kinds: ["mail"], now: () => NOW });
  assert.equal((await queue.get("later")).job.runAt, NOW + 15 * 60_000);
  await queue.close();
});
