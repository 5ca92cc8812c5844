/** The command line shows what strangers wrote, and the terminal must not act upon it. */
import assert from "node:assert/strict";
import { getQueue, openStore } from "@persistent-queue/queue";
import type { HistoryEvent } from "../../queue/job.ts";
import { storedJob } from "../conformance/dump.ts";
import { jobsCommand } from "../../ui/cli/jobs_command.ts";
import { CONTROLS, FORGED, STEERS } from "../support/log/evil_texts.ts";
import { type TempFolder, tempFolder } from "../support/temp_folder.ts";
import { BACKEND, urlFor } from "../support/backend.ts";

interface Shown {
  readonly out: string[];
  readonly err: string[];
}

async function run(folder: TempFolder, args: readonly string[]): Promise<Shown> {
  const [out, err]: string[][] = [[], []];
  await jobsCommand(args, {
    queueUrl: urlFor(folder.file("queue.db")),
    completeUrl: (url) => ({ url, problems: [] }),
    problemOfCopy: () => null,
    openQueue: () => getQueue(urlFor(folder.file("queue.db")), { kinds: ["file"], now: () => 1_000 }),
    print: (text) => out?.push(text),
    printError: (text) => err?.push(text),
    readInput: () => Promise.resolve(""),
    onInterrupt: () => {},
    confirm: null,
    actor: { by: "command line", audit: () => {} },
    elapsed: () => 0,
  });
  return { out: out ?? [], err: err ?? [] };
}

function assertHarmless({ out, err }: Shown, what: string): void {
  for (const text of [...out, ...err]) {
    assert.doesNotMatch(text, STEERS, what);
    for (const line of text.split("\n")) assert.ok(!line.startsWith(FORGED), `${what}: ${line}`);
  }
}

/** What the validation would refuse can be written by hand, or come from another queue. */
async function bring(folder: TempFolder, text: string, json = JSON.stringify(text)): Promise<void> {
  const line = { at: 1, lease: 0, retries: 0, takenAt: null, ranMs: null, report: null, log: null };
  const history = [{ ...line, event: text as HistoryEvent, consumerId: text, detail: text }];
  const facts = {
    kind: text,
    status: "FAILED",
    consumerId: text,
    error: text,
    payload: json,
    result: json,
  } as const;
  const store = await openStore(urlFor(folder.file("queue.db")), "guest");
  await store.restore([storedJob(text, { ...facts, history })]);
  await store.close();
}

/** PostgreSQL keeps no zero byte. */
const TEXTS = CONTROLS.filter((text) =>
  text.isWellFormed() && (BACKEND !== "postgres" || !text.includes("\0"))
);

Deno.test("no command lets the id or the content of a job control the terminal or forge a line", async () => {
  await using folder = await tempFolder();
  await run(folder, ["add", "plain"]);
  for (const text of TEXTS) await bring(folder, text);
  const lines = [
    ["list"],
    ["stats"],
    ["verify", "--deep"],
    ...TEXTS.flatMap((text) => [["show", "--", text], ["cancel", "--", text], ["resubmit", "--", text]]),
  ];
  for (const [command = "", ...args] of lines) {
    for (const words of [[command, ...args], [command, "--json", ...args]]) {
      const shown = await run(folder, words);
      assert.ok(shown.out.length + shown.err.length > 0);
      assertHarmless(shown, JSON.stringify(words));
    }
  }
});

Deno.test("whatever is on the command line, its echo does not control the terminal", async () => {
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

Deno.test("JSON for scripts shows nothing unprintable, and still means what was stored", async () => {
  await using folder = await tempFolder();
  await run(folder, ["add", "plain"]);
  for (const text of CONTROLS.filter((text) => text.isWellFormed() && !text.includes("\0"))) {
    await bring(folder, text);
    const { out: [line = ""] } = await run(folder, ["show", "--json", "--", text]);
    const { id, kind, error, payload, result, consumer_id } = JSON.parse(line);
    assert.deepEqual([id, kind, error, payload, result, consumer_id], Array.from({ length: 6 }, () => text));
  }
  await run(folder, ["add", "日本語 😀 naïve"]);
  const { out: [line = ""] } = await run(folder, ["show", "--json", "日本語 😀 naïve"]);
  assert.ok(line.includes('"日本語 😀 naïve"'), "letters stay letters");
});

Deno.test("a payload that was stored with line ends is printed as JSON, on one line", async () => {
  await using folder = await tempFolder();
  await run(folder, ["add", "plain"]);
  await bring(folder, "spread", '{\r\n\t"to": "a \\"quoted\\"\\nname \\\\",\n\t"at": [1,\n2]\n}');
  for (const words of [["show", "spread"], ["list"]]) {
    const { out: [line = ""] } = await run(folder, [...words, "--json"]);
    assert.doesNotMatch(line, /[\r\n\t]/);
    const { jobs: [job] = [JSON.parse(line)] } = JSON.parse(line);
    assert.equal(job.id, "spread");
    assert.deepEqual(job.payload, { to: 'a "quoted"\nname \\', at: [1, 2] });
  }
});
