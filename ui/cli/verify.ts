/** `jobs verify`: whether the storage is sound. */
import { EXIT, printable } from "@persistent-queue/queue";
import { type Command, UsageError } from "./command.ts";

export const verify: Command = {
  words: "",
  summary: "check that the storage is sound",
  options: { deep: { type: "boolean", help: "read every page of it: takes longer" } },
  examples: ["verify", "verify --deep --json"],
  prepare({ line, io, json }) {
    if (line.words.length > 0) throw new UsageError("verify takes no ids.");
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
