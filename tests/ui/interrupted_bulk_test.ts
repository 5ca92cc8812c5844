/** `jobs cancel` and `jobs resubmit` that are interrupted by Ctrl+C. */
import assert from "node:assert/strict";
import { EXIT, getQueue } from "@persistent-queue/queue";
import { jobsCommand } from "../../ui/cli/jobs_command.ts";
import { urlFor } from "../support/backend.ts";
import { tempFolder } from "../support/temp_folder.ts";

const IDS = Array.from({ length: 2_000 }, (_, i) => `job ${i}`);

for (const words of [["--all", "--yes"], ["--all", "--yes", "--json"], IDS]) {
  const shown = words === IDS ? "with many ids" : words.join(" ");

  Deno.test(`jobs cancel ${shown}, interrupted, says how far it got, here and in the log`, async () => {
    await using folder = await tempFolder();
    const open = () => getQueue(urlFor(folder.file("queue.db")), { kinds: ["mail"] });
    const queue = await open();
    await queue.add(IDS.map((id) => ({ id, kind: "mail" })));
    const [err, told]: string[][] = [[], []];
    let interrupt = () => {};
    const code = await jobsCommand(["cancel", ...words], {
      queueUrl: urlFor(folder.file("queue.db")),
      completeUrl: (url) => ({ url, problems: [] }),
      problemOfCopy: () => null,
      openQueue: async () => {
        const opened = await open();
        opened.subscribe((event) => event.type === "moved" && interrupt());
        return opened;
      },
      print: () => {},
      printError: (text) => err?.push(text),
      readInput: () => Promise.resolve(""),
      onInterrupt: (listener) => interrupt = listener,
      confirm: null,
      actor: { by: "ann", audit: (sentence) => told?.push(sentence) },
      elapsed: () => 0,
    });
    const { CANCELED: canceled } = (await queue.stats()).counts;
    await queue.close();
    assert.equal(code, EXIT.interrupted);
    assert.ok(canceled > 0 && canceled < IDS.length, `${canceled} are canceled`);
    const sentence = `Interrupted: ${canceled.toLocaleString("en")} of 2,000 jobs are canceled. `;
    const last = err?.at(-1) ?? "";
    const message = words.includes("--json") ? JSON.parse(last).error.message : last;
    assert.ok(message.startsWith(sentence), message);
    assert.match(told?.join("\n") ?? "", new RegExp(`^Canceled ${canceled} jobs .*by ann`));
  });
}
