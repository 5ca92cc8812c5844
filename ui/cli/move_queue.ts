/** `jobs move`: copies a whole queue, with its history, from one backend to another. URLs may contain a password. */
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
import {
  type CliIo,
  type Command,
  type CommandCall,
  type CommandLine,
  InterruptedError,
  UsageError,
} from "./command.ts";
import { printDone } from "./terminal.ts";

/** Given instead of a URL. */
const STDIN = "-";

export const moveQueue: Command = {
  operands: "",
  summary: "copy the whole queue with its history to another backend, while nothing runs, and compare",
  options: {
    from: { type: "string", value: "<url>", help: "the queue to copy; unless given, the one of QUEUE_URL" },
    to: {
      type: "string",
      value: "<url>",
      help: "an empty queue, or one that an interrupted copy left behind; unless given, the one of QUEUE_URL",
    },
  },
  examples: [
    "move --from sqlite:data/queue.db",
    "move --to - --json < url-of-the-target.txt",
  ],
  async prepare({ line, io, json }) {
    if (line.operands.length > 0) {
      throw new UsageError(
        "move takes no ids: it copies a whole queue. To change jobs, see cancel and resubmit.",
      );
    }
    if (!line.has("from") && !line.has("to")) {
      throw new UsageError(
        "Say where to with --to <url>, or where from with --from <url>: the other is QUEUE_URL.",
      );
    }
    if (line.text("from") === STDIN && line.text("to") === STDIN) {
      throw new UsageError(
        "Standard input holds one URL: give either --from or --to there, and the other in QUEUE_URL.",
      );
    }
    const from = await endpointOf(line, "from", io);
    const to = await endpointOf(line, "to", io);
    for (const { setting, exposesPassword } of json ? [] : [from, to]) {
      if (exposesPassword) {
        io.printError(`${setting} shows a password to other users of this machine: ${INSTEAD} ${setting} -.`);
      }
    }
    return { run: () => move({ from, to }, { io, json }) };
  },
};

/** All users of the machine can read the arguments while the command runs. */
const INSTEAD = "next time, give the URL in QUEUE_URL, or on standard input with";

interface Endpoint {
  readonly url: string;
  /** Where it was given: `--to`, or `QUEUE_URL`. */
  readonly setting: string;
  /** Whether it is an argument with a password. */
  readonly exposesPassword: boolean;
}

/** @throws {UsageError} */
async function endpointOf(line: CommandLine, name: "from" | "to", io: CliIo): Promise<Endpoint> {
  const given = line.text(name);
  const setting = given === undefined ? "QUEUE_URL" : `--${name}`;
  const text = given === STDIN ? (await io.readInput()).trim() : given ?? io.queueUrl;
  // The settings have checked theirs, and its path may begin with a folder of any name.
  const problem = given === undefined ? null : misreadQueueUrl(text);
  if (problem !== null) throw new UsageError(`${setting} ${problem}.`);
  const { url, problems } = io.completeUrl(text, setting);
  if (problems.length > 0) throw new UsageError(`${problems.join(". ")}.`);
  return { url, setting, exposesPassword: given !== undefined && Boolean(URL.parse(given)?.password) };
}

async function move(
  { from, to }: { readonly from: Endpoint; readonly to: Endpoint },
  { io, json }: Pick<CommandCall, "io" | "json">,
): Promise<ExitCode> {
  const [here, there] = [placeOfQueue(from.url), placeOfQueue(to.url)];
  if (here === there) {
    throw new QueueError(
      "rejected",
      `The source and the target are the same queue: ${from.setting} and ${to.setting} have to name two.`,
    );
  }
  await using source = await openAtRest(from.url, { name: "source", setting: from.setting, mustExist: true });
  await using target = await openAtRest(to.url, { name: "target", setting: to.setting });
  const { assertAtRest } = target;
  const onProgress = untilInterrupted(io, json ? () => {} : everySecond(io));
  const copied = await copyQueue({ source: source.store, target: target.store }, {
    onProgress,
    assertAtRest,
  });
  io.actor.audit(`Queue copied by ${io.actor.by}: ${copied.jobs} jobs from ${here} to ${there}`);
  printDone(io, json ? JSON.stringify(onWire(copied)) : inWords(copied, to));
  return EXIT.done;
}

const STEPS = { looking: "compared", copying: "copied", comparing: "compared again" } as const;
const BETWEEN_MS = 1_000;

/** One line per second, for a terminal and for the log of a script that runs for hours. */
function everySecond(io: CliIo): Tell {
  let toldAt = io.elapsed();
  return ({ step, jobs, total }) => {
    if (io.elapsed() - toldAt < BETWEEN_MS) return;
    toldAt = io.elapsed();
    io.printError(`${grouped(jobs)} of ${grouped(total)} jobs ${STEPS[step]} …`);
  };
}

type Tell = (progress: CopyProgress) => void;

/** The current step is completed first. */
function untilInterrupted(io: CliIo, tell: Tell): Tell {
  let isInterrupted = false;
  io.onInterrupt(() => isInterrupted = true);
  return (progress) => {
    if (isInterrupted) throw new InterruptedError(`Interrupted: ${howFar(progress)}`);
    tell(progress);
  };
}

function howFar({ step, jobs, total }: CopyProgress): string {
  switch (step) {
    case "looking":
      return "nothing was copied this time. Run the same command again: it goes on where an earlier one stopped.";
    case "copying":
      return `${grouped(jobs)} of ${
        grouped(total)
      } jobs are copied. Run the same command again: it goes on from there.`;
    case "comparing":
      return `all ${
        grouped(total)
      } jobs are copied, but not compared. Run the same command again: it compares them.`;
  }
}

function inWords({ jobs, lines, present, digest }: CopiedQueue, to: Endpoint): string {
  const next = to.setting === "QUEUE_URL" ? "Start the system." : "Set QUEUE_URL to the target, and start.";
  const before = present === 0 ? "" : ` (${grouped(present)} of them were there already)`;
  return `Copied ${counted(jobs, "job")}${before} and ${
    counted(lines, "line")
  } of history: counts and digest ` +
    `(SHA-256 ${digest}) agree. ${next}`;
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
