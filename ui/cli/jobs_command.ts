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
  const wantsJson = asksForJson(args);
  if (name === "--help" || name === "-h" || name === "help") {
    return help(name === "help" ? rest[0] : undefined, { io, json: wantsJson });
  }
  const command = commandOf(name);
  if (name === undefined || command === null) return refuseName(name, { io, json: wantsJson });
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
    return explain(error, { io, json: wantsJson, usage: usageOf(name, command.operands) });
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

function commandOf(name: string | undefined): Command | null {
  return name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] ?? null : null;
}

/** Also where the command line is too wrong to be read. What follows `--` is no option. */
function asksForJson(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return args.slice(0, end === -1 ? undefined : end).some((arg) => /^--json(?:=|$)/.test(arg));
}

function help(name: string | undefined, how: { io: CliIo; json: boolean }): ExitCode {
  const command = commandOf(name);
  if (name !== undefined && !name.startsWith("-") && command === null) return refuseName(name, how);
  how.io.print(name === undefined || command === null ? helpOfAll(COMMANDS) : helpOf(name, command));
  return EXIT.done;
}

function refuseName(name: string | undefined, { io, json }: { io: CliIo; json: boolean }): ExitCode {
  if (json) escapingControls(io).printError(errorOnWire("usage", noSuchCommand(name)));
  else if (name === undefined) io.printError(helpOfAll(COMMANDS));
  else if (meantBy(name) !== null) io.printError(noSuchCommand(name));
  else io.printError(`${noSuchCommand(name)}\n\n${helpOfAll(COMMANDS)}`);
  return EXIT.usage;
}

function noSuchCommand(name: string | undefined): string {
  const known = Object.keys(COMMANDS).join(", ");
  if (name === undefined || name.startsWith("--json")) {
    return `The first word is the command, one of ${known}.`;
  }
  const meant = meantBy(name);
  const hint = meant === null ? "." : `; did you mean "${meant}"?`;
  return `There is no command "${printable(name, { maxLength: 60 })}"${hint}`;
}

function meantBy(name: string): string | null {
  return nearest(name, Object.keys(COMMANDS));
}
