/** The command line shows what strangers wrote, and the terminal must not act upon it. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { getQueue } from "@persistent-queue/queue";
import { jobsCommand } from "../../ui/cli/jobs_command.ts";
import { CONTROLS, FORGED, STEERS } from "../support/log/evil_texts.ts";
import { type TempFolder, tempFolder } from "../support/temp_folder.ts";
import { urlFor } from "../support/backend.ts";

interface Shown {
  readonly out: string[];
  readonly err: string[];
}

async function run(folder: TempFolder, args: readonly string[]): Promise<Shown> {
  const [out, err]: string[][] = [[], []];
  await jobsCommand(args, {
    queueUrl: urlFor(folder.file("queue.db")),
    openQueue: () => getQueue(urlFor(folder.file("queue.db")), { kinds: ["file"], now: () => 1_000 }),
    print: (text) => out?.push(text),
    printError: (text) => err?.push(text),
    readInput: () => Promise.resolve(""),
    confirm: null,
    actor: { by: "command line", audit: () => {} },
    now: () => 1_000,
  });
  return { out: out ?? [], err: err ?? [] };
}

function assertHarmless({ out, err }: Shown, what: string): void {
  for (const text of [...out, ...err]) {
    assert.doesNotMatch(text, STEERS, what);
    for (const line of text.split("\n")) assert.ok(!line.startsWith(FORGED), `${what}: ${line}`);
  }
}

/** What the validation would refuse can be written by hand. */
function writeByHand(folder: TempFolder, text: string): void {
  const db = new DatabaseSync(folder.file("queue.db"));
  const payload = JSON.stringify(text);
  const insert = db.prepare(
    "INSERT INTO jobs (id, kind, status, consumer_id, error, payload, result) VALUES (?, ?, 'FAILED', ?, ?, ?, ?)",
  );
  const { lastInsertRowid } = insert.run(text, text, text, text, payload, payload);
  db.prepare(
    "INSERT INTO history (seq, at, event, lease, retries, consumer_id, detail) VALUES (?, 1, ?, 0, 0, ?, ?)",
  ).run(lastInsertRowid, text, text, text);
  db.close();
}

Deno.test("whatever a job is called and holds, no command lets it steer the terminal or forge a line", async () => {
  await using folder = await tempFolder();
  await run(folder, ["add", "plain"]);
  const texts = CONTROLS.filter((text) => text.isWellFormed());
  for (const text of texts) writeByHand(folder, text);
  const lines = [
    ["list"],
    ["stats"],
    ["verify", "--deep"],
    ...texts.flatMap((text) => [["show", "--", text], ["cancel", "--", text], ["resubmit", "--", text]]),
  ];
  for (const [command = "", ...args] of lines) {
    for (const words of [[command, ...args], [command, "--json", ...args]]) {
      const shown = await run(folder, words);
      assert.ok(shown.out.length + shown.err.length > 0);
      assertHarmless(shown, JSON.stringify(words));
    }
  }
});

Deno.test("whatever stands on the command line, its echo does not steer the terminal", async () => {
  await using folder = await tempFolder();
  // No operating system passes on a zero byte, nor what is no Unicode.
  for (const text of CONTROLS.filter((text) => text.isWellFormed() && !text.includes("\0"))) {
    const lines = [
      [text],
      [text, "--json"],
      ["list", `--${text}`],
      ["list", `--limit=${text}`],
      ["list", `--status=${text}`],
      ["list", `--cursor=${text}`],
      ["list", `--kind=${text}`],
      ["list", `--search=${text}`],
      ["add", text],
      ["add", "--kind", text],
      ["add", "a", `--run-at=${text}`],
      ["add", "a", `--priority=${text}`],
      ["add", "a", `--payload=${text}`],
      ["show", `none ${text}`],
      ["cancel", text],
      ["backup", `${folder.path}/none/${text}`],
    ];
    for (const line of lines) {
      assertHarmless(await run(folder, line), JSON.stringify(line));
      assertHarmless(await run(folder, [...line, "--json"]), JSON.stringify(line));
    }
  }
});

Deno.test("JSON for scripts means what was stored, though it holds nothing but what can be seen", async () => {
  await using folder = await tempFolder();
  await run(folder, ["add", "plain"]);
  for (const text of CONTROLS.filter((text) => text.isWellFormed() && !text.includes("\0"))) {
    writeByHand(folder, text);
    const { out: [line = ""] } = await run(folder, ["show", "--json", "--", text]);
    const { id, kind, error, payload, result, consumer_id } = JSON.parse(line);
    assert.deepEqual([id, kind, error, payload, result, consumer_id], Array.from({ length: 6 }, () => text));
  }
  await run(folder, ["add", "日本語 😀 naïve"]);
  const { out: [line = ""] } = await run(folder, ["show", "--json", "日本語 😀 naïve"]);
  assert.ok(line.includes('"日本語 😀 naïve"'), "letters stay letters");
});
