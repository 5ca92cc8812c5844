/** The command line: `deno task jobs <add|list|show|resubmit|cancel|stats|backup|verify|move>`. */
import {
  DuplicateJobs,
  EXIT,
  type ExitCode,
  nearest,
  printable,
  QueueError,
  StorageError,
} from "@persistent-queue/queue";
import { addResults } from "../api/serializers.ts";
import { add } from "./add.ts";
import { backup, verify } from "./admin.ts";
import { type CliIo, type Command, InterruptedError, UsageError, type Work } from "./command.ts";
import { helpOf, helpOfAll, readCommandLine, usageOf } from "./command_line.ts";
import { list, stats } from "./list.ts";
import { cancel, resubmit } from "./move.ts";
import { moveQueue } from "./move_queue.ts";
import { show } from "./show.ts";

const COMMANDS: Readonly<Record<string, Command>> = {
  add,
  list,
  show,
  resubmit,
  cancel,
  stats,
  backup,
  verify,
  move: moveQueue,
};

/** Runs one command. Returns the exit code: 0 done, 1 refused, 2 usage, 74 storage, 130 interrupted. */
export async function jobsCommand(args: readonly string[], io: CliIo): Promise<ExitCode> {
  const [name, ...rest] = args;
  if (name === "--help" || name === "-h" || name === "help") {
    io.print(helpOfAll(COMMANDS));
    return EXIT.done;
  }
  if (name === undefined || !Object.hasOwn(COMMANDS, name)) {
    io.printError(noSuchCommand(name));
    return EXIT.usage;
  }
  const command = COMMANDS[name] as Command; // it exists, as was just checked
  try {
    const line = readCommandLine(rest, command.options);
    if (line.has("help")) {
      io.print(helpOf(name, command));
      return EXIT.done;
    }
    const json = line.has("json");
    const work = await command.prepare({ line, io: json ? escapingControls(io) : io, json });
    if (typeof work !== "function") return await work.run();
    return await doWork(work, { io, mustExist: name !== "add" });
  } catch (error) {
    return explain(error, { io, json: rest.includes("--json"), usage: usageOf(name, command.operands) });
  }
}

/**
 * JSON may contain control characters that a terminal acts on; as escapes they mean the same to a script. Between tokens,
 * where a payload that was written by hand may have line ends, an escape is not JSON: a space is.
 */
function escapingControls(io: CliIo): CliIo {
  const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  const escapedAll = (character: string) => character.split("").map(escaped).join("");
  const to = (print: (text: string) => void) => (json: string) =>
    print(onOneLine(json).replace(INVISIBLE, escapedAll));
  return { ...io, print: to(io.print), printError: to(io.printError) };
}

/** Quote by quote: an expression for whole strings overflows the stack on long ones. */
function onOneLine(json: string): string {
  let isInString = false;
  return json.replace(/\\[^]|["\r\n\t]/g, (part) => {
    if (part === '"') isInString = !isInString;
    return isInString || !/^\s/.test(part) ? part : " ";
  });
}

const INVISIBLE = /[^ \p{L}\p{M}\p{N}\p{P}\p{S}]/gu;

/** Closes the queue whatever happens to the work. */
async function doWork(work: Work, { io, mustExist }: { io: CliIo; mustExist: boolean }): Promise<ExitCode> {
  const queue = await io.openQueue({ mustExist });
  try {
    return await work(queue);
  } finally {
    await queue.close();
  }
}

/** Prints an error that a person or a script can act on; any other is a bug, and is rethrown. */
function explain(error: unknown, { io, json, usage }: { io: CliIo; json: boolean; usage: string }): ExitCode {
  if (error instanceof UsageError) {
    if (json) escapingControls(io).printError(errorOnWire("usage", error.message));
    else io.printError(`${error.message}\n${usage}`);
    return EXIT.usage;
  }
  if (error instanceof InterruptedError) {
    if (json) escapingControls(io).printError(errorOnWire("interrupted", error.message));
    else io.printError(error.message);
    return EXIT.interrupted;
  }
  if (!(error instanceof QueueError)) throw error;
  const more = error instanceof DuplicateJobs ? { results: addResults(error.outcomes) } : {};
  if (json) escapingControls(io).printError(errorOnWire(error.code, error.message, more));
  else io.printError(printable(error.message));
  return error instanceof StorageError ? EXIT.storage : EXIT.failed;
}

/** The same shape as in the HTTP API. */
function errorOnWire(code: string, message: string, more: object = {}): string {
  return JSON.stringify({ error: { code, message }, ...more });
}

function noSuchCommand(name: string | undefined): string {
  if (name === undefined) return helpOfAll(COMMANDS);
  const meant = nearest(name, Object.keys(COMMANDS));
  const shown = printable(name, { maxLength: 60 });
  if (meant !== null) return `There is no command "${shown}"; did you mean "${meant}"?`;
  return `There is no command "${shown}".\n\n${helpOfAll(COMMANDS)}`;
}
