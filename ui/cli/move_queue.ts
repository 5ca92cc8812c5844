/** `jobs move`: a whole queue, with its history, from one backend to another. */
import {
  type CopiedQueue,
  type CopyProgress,
  copyQueue,
  EXIT,
  type ExitCode,
  misreadQueueUrl,
  openAtRest,
  placeOfQueue,
  QueueError,
} from "@persistent-queue/queue";
import { type CliIo, type Command, type CommandCall, type CommandLine, UsageError } from "./command.ts";

export const moveQueue: Command = {
  operands: "",
  summary: "copy the whole queue with its history to another backend, while nothing runs, and compare",
  options: {
    from: { type: "string", value: "<url>", help: "the queue to copy; unless given, the one of QUEUE_URL" },
    to: {
      type: "string",
      value: "<url>",
      help: "an empty queue, or one that an interrupted copy left behind",
    },
  },
  examples: [
    "move --to postgres://user:password@db.example.com/jobs",
    "move --from redis://redis.example.com/0 --to sqlite:data/queue.db --json",
  ],
  prepare({ line, io, json }) {
    if (line.operands.length > 0) {
      throw new UsageError(
        "move takes no ids: it copies a whole queue. To change jobs, see cancel and resubmit.",
      );
    }
    if (line.text("to") === undefined) throw new UsageError("Say where to: --to <url>.");
    const to = urlOf(line, "to", "");
    const from = urlOf(line, "from", io.queueUrl);
    return Promise.resolve({ run: () => move({ from, to, fromSetting: settingOf(line) }, { io, json }) });
  },
};

interface Move {
  readonly from: string;
  readonly to: string;
  readonly fromSetting: string;
}

function settingOf(line: CommandLine): string {
  return line.has("from") ? "--from" : "QUEUE_URL";
}

/** @throws {UsageError} */
function urlOf(line: CommandLine, name: "from" | "to", otherwise: string): string {
  const url = line.text(name) ?? otherwise;
  const problem = misreadQueueUrl(url);
  if (problem !== null) throw new UsageError(`${name === "to" ? "--to" : settingOf(line)} ${problem}.`);
  return url;
}

async function move(
  { from, to, fromSetting }: Move,
  { io, json }: Pick<CommandCall, "io" | "json">,
): Promise<ExitCode> {
  const [here, there] = [placeOfQueue(from), placeOfQueue(to)];
  if (here === there) {
    throw new QueueError(
      "rejected",
      `The source and the target are the same queue: name with --to another one than ${fromSetting} does.`,
    );
  }
  await using source = await openAtRest(from, { name: "source", setting: fromSetting, mustExist: true });
  await using target = await openAtRest(to, { name: "target", setting: "--to" });
  const stores = { source: source.store, target: target.store };
  const copied = await copyQueue(stores, json ? () => {} : everySecond(io));
  io.actor.audit(`Queue copied by ${io.actor.by}: ${copied.jobs} jobs from ${here} to ${there}`);
  io.print(json ? JSON.stringify(onWire(copied)) : inWords(copied));
  return EXIT.done;
}

const STEPS = { looking: "compared", copying: "copied", comparing: "compared again" } as const;
const BETWEEN_MS = 1_000;

/** A line a second: on a terminal, and in the log of a script that takes hours. */
function everySecond(io: CliIo): (progress: CopyProgress) => void {
  let toldAt = io.now();
  return ({ step, jobs, total }) => {
    if (io.now() - toldAt < BETWEEN_MS) return;
    toldAt = io.now();
    io.printError(`${grouped(jobs)} of ${grouped(total)} jobs ${STEPS[step]} …`);
  };
}

function inWords({ jobs, lines, present, digest }: CopiedQueue): string {
  const before = present === 0 ? "" : ` (${grouped(present)} of them were there already)`;
  return `Copied ${counted(jobs, "job")}${before} and ${
    counted(lines, "line")
  } of history: counts and digest ` +
    `(SHA-256 ${digest}) agree. Set QUEUE_URL to the target, and start.`;
}

function counted(number: number, what: string): string {
  return `${grouped(number)} ${what}${number === 1 ? "" : "s"}`;
}

function grouped(number: number): string {
  return number.toLocaleString("en");
}

function onWire({ jobs, lines, present, counts, digest }: CopiedQueue) {
  return { jobs, history_lines: lines, already_there: present, counts, digest: `sha256:${digest}` };
}
