/** `jobs backup` and `jobs verify`: a copy of the storage, and whether it is sound. */
import { EXIT, printable, QueueError } from "@persistent-queue/queue";
import { type Command, UsageError } from "./command.ts";
import { printDone } from "./terminal.ts";

export const backup: Command = {
  operands: "<path>",
  summary: "write a complete, checked copy of the database, while everything runs",
  options: { replace: { type: "boolean", help: "overwrite an existing file" } },
  examples: ["backup data/backup.db"],
  prepare({ line, io, json }) {
    const [path] = line.operands;
    if (path === undefined || line.operands.length > 1) {
      throw new UsageError("backup takes one path: where to write the copy.");
    }
    refuseUrl(path);
    const problem = io.problemOfCopy(path);
    if (problem !== null) throw new QueueError("rejected", problem);
    return Promise.resolve(async (queue) => {
      await queue.backup(path, { replace: line.has("replace") });
      io.actor.audit(`Backup by ${io.actor.by}: ${JSON.stringify(path)}`);
      printDone(io, json ? JSON.stringify({ path }) : `Written to ${printable(path)}, and checked.`);
      return EXIT.done;
    });
  },
};

/** It would become the name of a file. @throws {UsageError} */
function refuseUrl(path: string): void {
  if (path.trim() === "") throw new UsageError("The path is empty: name the file for the copy.");
  const [url, rest = ""] = /^(?:sqlite|file):(?:\/\/(?=\/))?(.*)$/is.exec(path) ?? [];
  if (url === undefined) return;
  const example = rest === "" ? "" : `, for example ${printable(rest, { maxLength: 200 })}`;
  throw new UsageError(`backup takes a path, not a URL: write the path itself${example}.`);
}

export const verify: Command = {
  operands: "",
  summary: "check that the storage is sound",
  options: { deep: { type: "boolean", help: "read every page of it: takes longer" } },
  examples: ["verify", "verify --deep --json"],
  prepare({ line, io, json }) {
    if (line.operands.length > 0) throw new UsageError("verify takes no ids.");
    return Promise.resolve(async (queue) => {
      const problems = await queue.check({ deep: line.has("deep") });
      const skipped = line.has("deep") ? queue.missing.deepCheck : undefined;
      if (skipped !== undefined && !json) io.printError(`Only a quick check: ${printable(skipped)}`);
      if (json) io.print(JSON.stringify({ sound: problems.length === 0, problems, skipped }));
      else if (problems.length === 0) io.print("The storage is sound.");
      else problems.forEach((problem) => io.printError(printable(problem)));
      return problems.length === 0 ? EXIT.done : EXIT.storage;
    });
  },
};
