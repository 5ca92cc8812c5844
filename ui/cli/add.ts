/** `jobs add`: adds jobs to the queue. */
import { type Added, DuplicateJobs, EXIT, type JobRequest, printable } from "@persistent-queue/queue";
import { duration } from "../components/format.ts";
import { parseDelay, parseDueTime } from "../api/due_time.ts";
import { jsonText } from "../api/parse_json.ts";
import { HttpError } from "../http/errors.ts";
import { audited } from "../auth/audit.ts";
import { dueOnWire, jobsJson, type Moment, momentOf } from "../api/serializers.ts";
import { columns, moment as utc, printDone } from "./terminal.ts";
import { type CliIo, type Command, type CommandLine, UsageError } from "./command.ts";
import { wholeNumber } from "./command_line.ts";

export const add: Command = {
  operands: "[<id>…]",
  summary: "add jobs; the id of a file job is its path",
  options: {
    kind: { type: "string", value: "<kind>", help: "which handler works on it; file unless given" },
    id: {
      type: "string",
      value: "<id>",
      help: "the id, if it looks like an option; kinds other than file can do without",
    },
    payload: {
      type: "string",
      value: "<json>",
      help: "what the handler gets, or - to read it from standard input",
    },
    priority: { type: "string", value: "<n>", help: "-100 to 100, higher runs first; 0 unless given" },
    "run-at": {
      type: "string",
      value: "<time>",
      help: "not before: 2030-01-31T12:00:00Z, or milliseconds since 1970",
    },
    in: {
      type: "string",
      value: "<span>",
      help: "not before that much time has passed: 90s, 15m, 2h30m, 3d",
    },
    replace: { type: "boolean", help: "start a finished job of this id afresh instead of refusing" },
  },
  examples: [
    "add data/files/abc.txt data/files/def.txt",
    `add --kind email --payload '{"to":"ann@example.com"}' --run-at 2030-01-31T12:00:00Z`,
  ],
  async prepare({ line, io, json }) {
    const requestsAt = await requestsOf(line, io);
    return async (queue) => {
      const added = await audited(queue, io.actor).add(requestsAt(queue.now())).catch((error) => {
        // The others of the call have been added.
        if (error instanceof DuplicateJobs && error.outcomes.length > 1 && !json) {
          printDone(io, asText(error.outcomes, queue.now()));
        }
        throw error;
      });
      const now = queue.now();
      printDone(
        io,
        json ? await asJson(added, momentOf({ queue, now })) : asText(added, now),
      );
      return EXIT.done;
    };
  },
};

/** Returns the requests for a moment by the clock of the queue, which is open only later. */
async function requestsOf(line: CommandLine, io: CliIo): Promise<(now: number) => JobRequest[]> {
  const id = line.text("id");
  const kind = line.text("kind");
  const ids = id === undefined ? line.operands : [id, ...line.operands];
  if (ids.length === 0 && (kind === undefined || kind === "file")) {
    throw new UsageError("Say which jobs to add: one id or more, for example data/files/abc.txt.");
  }
  for (const text of [...ids, line.text("payload") ?? ""]) refuseUnreadable(text);
  const priority = wholeNumber(line, "priority", { min: -100, max: 100 });
  const dueAt = timeOf(line);
  const shared: JobRequest = {
    ...(kind === undefined ? {} : { kind }),
    ...(priority === undefined ? {} : { priority }),
    ...(line.has("payload") ? { payload: await payloadOf(line.text("payload") ?? "", io) } : {}),
    replace: line.has("replace"),
  };
  return (now) => {
    const request = dueAt === null ? shared : { ...shared, runAt: dueAt(now) };
    return ids.length === 0 ? [request] : ids.map((id) => ({ ...request, id }));
  };
}

/** Deno replaces bytes of an argument that are not UTF-8, so that two different ids would become one. */
function refuseUnreadable(text: string): void {
  if (!text.includes("\uFFFD")) return;
  throw new UsageError(`${JSON.stringify(printable(text, { maxLength: 60 }))} is not UTF-8.`);
}

async function payloadOf(text: string, io: CliIo): Promise<unknown> {
  try {
    return await jsonText(text === "-" ? await io.readInput() : text);
  } catch (error) {
    if (error instanceof HttpError) throw new UsageError(error.message);
    if (!(error instanceof SyntaxError)) throw error;
    throw new UsageError(
      `The payload is not JSON: text needs quotes of its own, for example --payload '"text"'.`,
    );
  }
}

function timeOf(line: CommandLine): ((now: number) => number) | null {
  const at = line.text("run-at");
  const span = line.text("in");
  if (at !== undefined && span !== undefined) throw new UsageError("Give --run-at or --in, not both.");
  if (span !== undefined) return after(delayOf(span));
  if (at === undefined) return null;
  if (/^\d{1,16}$/.test(at)) return () => Number(at);
  const due = parseDueTime(at);
  if ("ms" in due) return () => due.ms;
  throw new UsageError(`--run-at "${printable(at, { maxLength: 60 })}" ${due.problem}.`);
}

function after(delayMs: number): (now: number) => number {
  return (now) => now + delayMs;
}

function delayOf(span: string): number {
  const ms = parseDelay(span);
  if (ms !== null) return ms;
  throw new UsageError(
    `--in is a span of time such as 90s, 15m, 2h30m or 3d, not "${printable(span, { maxLength: 60 })}".`,
  );
}

const DIFFERS = "already exists with another payload or kind, unchanged";
const OUTCOMES = {
  added: "added",
  replaced: "started afresh",
  waiting: "already exists, unchanged",
  refused: "exists already, unchanged",
} as const;

function asText(outcomes: DuplicateJobs["outcomes"], now: number): string {
  return columns(outcomes.map((one) => {
    const { outcome, job } = one;
    const differs = outcome !== "refused" && one.differs;
    return [job.id, job.status, differs ? DIFFERS : OUTCOMES[outcome], dueOf(job, now)];
  }));
}

/** A misread time shows here, not when it comes. */
function dueOf({ runAt }: Added["job"], now: number): string {
  return runAt > now ? `due ${utc(runAt)}, in ${duration(runAt - now)}` : "";
}

function asJson(added: readonly Added[], moment: Moment): Promise<string> {
  return jobsJson(added.map(({ job }) => job), moment, {
    outcomes: added.map(({ outcome }) => outcome),
    differs: added.map(({ differs }) => differs),
    due_at: added.map(({ job }) => dueOnWire(job)),
  });
}
