/** `jobs resubmit` and `jobs cancel`. */
import {
  EXIT,
  type ExitCode,
  isStatus,
  type JobFilter,
  type MoveResult,
  MOVES,
  type OperatorVerb,
  pagesOf,
  printable,
  type Status,
} from "@persistent-queue/queue";
import { audited } from "../auth/audit.ts";
import {
  type CliIo,
  type CliQueue,
  type Command,
  type CommandCall,
  InterruptedError,
  UsageError,
  type Work,
} from "./command.ts";
import { FILTER_OPTIONS, filterOf } from "./filter.ts";
import { printDone } from "./terminal.ts";

const DONE = { resubmit: "resubmitted", cancel: "canceled" } as const;

export const resubmit: Command = moveCommand("resubmit", "give jobs another chance: they are PENDING again");
export const cancel: Command = moveCommand("cancel", "cancel jobs; one that is running is told to stop");

function moveCommand(verb: OperatorVerb, summary: string): Command {
  return {
    operands: "<id>… | --all [filter]",
    summary,
    options: {
      all: {
        type: "boolean",
        help: `every job that may be ${DONE[verb]} (${MOVES[verb].from.join(", ")}) and matches`,
      },
      ...FILTER_OPTIONS,
      "dry-run": { type: "boolean", help: "with --all: only count the jobs in each status" },
      yes: { type: "boolean", help: "with --all: do not ask; required without a terminal" },
    },
    examples: [`${verb} data/files/abc.txt`, `${verb} --all --status FAILED --search 2026-11 --dry-run`],
    prepare: (call) => Promise.resolve(prepareMove(verb, call)),
  };
}

function prepareMove(verb: OperatorVerb, { line, io, json }: CommandCall): Work {
  const isFiltered = Object.keys(FILTER_OPTIONS).some((name) => line.has(name));
  if (line.has("all") === line.operands.length > 0) {
    throw new UsageError(`Say which: either ids, or --all and a filter.`);
  }
  if (isFiltered && !line.has("all")) throw new UsageError("A filter goes with --all, not with ids.");
  const filterAt = filterOf(line);
  if (line.has("all")) {
    return (queue) => moveAllMatching(queue, { verb, filter: filterAt(queue.now()), line, io, json });
  }
  if (line.has("dry-run")) throw new UsageError("--dry-run goes with --all.");
  return (queue) => moveByIds(queue, { verb, ids: line.operands, io, json });
}

interface MoveAll extends CommandCall {
  readonly verb: OperatorVerb;
  readonly filter: JobFilter;
}

/** Says how many jobs match, and moves them once that is confirmed: it may be every job there is. */
async function moveAllMatching(
  queue: CliQueue,
  { verb, filter, line, io, json }: MoveAll,
): Promise<ExitCode> {
  const found = await countPerStatus(queue, verb, filter);
  const total = totalOf(found);
  const jobs = `${total} ${total === 1 ? "job" : "jobs"}`;
  const sentence = `${jobs} would be ${DONE[verb]}${total === 0 ? "" : `: ${perStatusInWords(found)}`}.`;
  if (line.has("dry-run")) {
    const counted = { dry_run: true, matching: total, by_status: Object.fromEntries(found) };
    io.print(json ? JSON.stringify(counted) : sentence);
    return EXIT.done;
  }
  if (total > 0 && !line.has("yes")) {
    if (json || io.confirm === null) {
      throw new UsageError(`${sentence} Add --yes to do it, or --dry-run to only count them.`);
    }
    if (!io.confirm(`${sentence} Do it?`)) {
      io.print("Nothing was done.");
      return EXIT.failed;
    }
  }
  const signal = untilInterrupted(io);
  const moved = await audited(queue, io.actor).moveAll(verb, filter, { signal });
  if (signal.aborted) throw interrupted(verb, moved, total);
  printDone(io, json ? JSON.stringify({ [DONE[verb]]: moved }) : `${moved} ${DONE[verb]}.`);
  return EXIT.done;
}

interface Move extends Pick<CommandCall, "io" | "json"> {
  readonly verb: OperatorVerb;
  readonly ids: readonly string[];
}

/** Moves the jobs that may be moved, even if others may not. */
async function moveByIds(queue: CliQueue, { verb, ids, io, json }: Move): Promise<ExitCode> {
  const signal = untilInterrupted(io);
  const results = await audited(queue, io.actor).move(verb, ids, { signal });
  const moved = results.filter(({ ok }) => ok).length;
  if (json) printDone(io, JSON.stringify({ [DONE[verb]]: moved, results: results.map(resultOnWire) }));
  else showResults(results, { verb, io });
  if (signal.aborted) throw interrupted(verb, moved, ids.length);
  return moved === results.length ? EXIT.done : EXIT.failed;
}

function showResults(results: readonly MoveResult[], { verb, io }: Pick<Move, "verb" | "io">): void {
  const done = results.filter(({ ok }) => ok).map(({ id }) => `${printable(id)} ${DONE[verb]}.`);
  if (done.length > 0) printDone(io, done.join("\n"));
  for (const result of results) if (!result.ok) io.printError(printable(result.message));
}

/** Ctrl+C ends the move after the current jobs, so that the log and the terminal say how far it got. */
function untilInterrupted(io: CliIo): AbortSignal {
  const stop = new AbortController();
  io.onInterrupt(() => stop.abort());
  return stop.signal;
}

function interrupted(verb: OperatorVerb, moved: number, total: number): InterruptedError {
  const [done, all] = [moved, total].map((jobs) => jobs.toLocaleString("en"));
  return new InterruptedError(
    `Interrupted: ${done} of ${all} ${total === 1 ? "job" : "jobs"} ${moved === 1 ? "is" : "are"} ${
      DONE[verb]
    }. Run the same command again: it goes on from there.`,
  );
}

function resultOnWire(result: MoveResult) {
  if (result.ok) return { id: result.id, ok: true, status: result.job.status };
  return { id: result.id, ok: false, error: { code: result.code, message: result.message } };
}

type PerStatus = readonly (readonly [status: Status, jobs: number])[];

/** The statuses that the action moves, without those that have no matching job. */
async function countPerStatus(
  queue: CliQueue,
  verb: OperatorVerb,
  filter: JobFilter,
): Promise<PerStatus> {
  const wanted = MOVES[verb].from.filter(isStatus).filter((one) => isWanted(filter, one));
  const { status: _status, statuses: _statuses, ...narrower } = filter;
  const isPlain = Object.keys(narrower).length === 0;
  const { counts } = await queue.stats();
  const found: [Status, number][] = [];
  for (const status of wanted) {
    const jobs = isPlain ? counts[status] : await countListed(queue, { ...filter, status });
    if (jobs > 0) found.push([status, jobs]);
  }
  return found;
}

function isWanted({ status, statuses }: JobFilter, one: Status): boolean {
  return status === undefined ? statuses?.includes(one) ?? true : status === one;
}

async function countListed(queue: CliQueue, filter: JobFilter): Promise<number> {
  let jobs = 0;
  for await (const page of pagesOf(queue, filter)) jobs += page.jobs.length;
  return jobs;
}

function totalOf(found: PerStatus): number {
  return found.reduce((sum, [, jobs]) => sum + jobs, 0);
}

/** `40 PENDING, 6 FAILED`. */
function perStatusInWords(found: PerStatus): string {
  return found.map(([status, jobs]) => `${jobs} ${status}`).join(", ");
}
