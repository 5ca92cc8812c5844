/** `jobs backup`: a complete, checked copy while everything runs. */
import { EXIT, printable } from "@persistent-queue/queue";
import { type Command, UsageError } from "./command.ts";

export const backup: Command = {
  words: "<path>",
  summary: "write a complete, checked copy of the database, while everything runs",
  options: { replace: { type: "boolean", help: "write over a file that is there already" } },
  examples: ["backup data/backup.db"],
  prepare({ line, io, json }) {
    const [path] = line.words;
    if (path === undefined || line.words.length > 1) {
      throw new UsageError("backup takes one path: where to write the copy.");
    }
    return Promise.resolve(async (queue) => {
      await queue.backup(path, { replace: line.has("replace") });
      io.actor.audit(`Backup by ${io.actor.by}: ${JSON.stringify(path)}`);
      io.print(json ? JSON.stringify({ path }) : `Written to ${printable(path)}, and checked.`);
      return EXIT.done;
    });
  },
};
