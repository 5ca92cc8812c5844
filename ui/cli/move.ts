/** `jobs resubmit` and `jobs cancel`. */
import { type MoveResult, MOVES, type OperatorVerb, printable } from "@persistent-queue/queue";
import { audited } from "../audit.ts";
import {
  type CliQueue,
  type Command,
  type CommandCall,
  EXIT,
  type ExitCode,
  UsageError,
  type Work,
} from "./command.ts";
import { FILTER_OPTIONS, filterOf } from "./filter.ts";

const DONE = { resubmit: "resubmitted", cancel: "canceled" } as const;

export const resubmit: Command = moveCommand("resubmit", "give jobs another chance: they are PENDING again");
export const cancel: Command = moveCommand("cancel", "cancel jobs; one that is running is told to stop");

function moveCommand(verb: OperatorVerb, summary: string): Command {
  return {
    words: "<id>… | --all [filter]",
    summary,
    options: {
      all: {
        type: "boolean",
        help: `every job that may be ${DONE[verb]} (${MOVES[verb].from.join(", ")}) and fits`,
      },
      ...FILTER_OPTIONS,
    },
    examples: [`${verb} data/files/abc.txt`, `${verb} --all --status FAILED --search 2026-11`],
    prepare: (call) => Promise.resolve(prepareMove(verb, call)),
  };
}

function prepareMove(verb: OperatorVerb, { line, io, json }: CommandCall): Work {
  const isFiltered = Object.keys(FILTER_OPTIONS).some((name) => line.has(name));
  if (line.has("all") === line.words.length > 0) {
    throw new UsageError(`Say which: either ids, or --all and a filter.`);
  }
  if (isFiltered && !line.has("all")) throw new UsageError("A filter goes with --all, not with ids.");
  const filter = filterOf(line);
  if (line.has("all")) {
    return async (queue) => {
      const moved = await audited(queue, io.actor).moveAll(verb, filter);
      io.print(json ? JSON.stringify({ [DONE[verb]]: moved }) : `${moved} ${DONE[verb]}.`);
      return EXIT.done;
    };
  }
  return (queue) => moveThese(queue, { verb, ids: line.words, io, json });
}

interface Move extends Pick<CommandCall, "io" | "json"> {
  readonly verb: OperatorVerb;
  readonly ids: readonly string[];
}

/** What may be moved is moved, whatever becomes of the others. */
async function moveThese(queue: CliQueue, { verb, ids, io, json }: Move): Promise<ExitCode> {
  const results = await audited(queue, io.actor).move(verb, ids);
  const moved = results.filter(({ ok }) => ok).length;
  if (json) io.print(JSON.stringify({ [DONE[verb]]: moved, results: results.map(resultOnWire) }));
  for (const result of json ? [] : results) {
    if (result.ok) io.print(`${printable(result.id)} ${DONE[verb]}.`);
    else io.printError(printable(result.message));
  }
  return moved === results.length ? EXIT.done : EXIT.refused;
}

function resultOnWire(result: MoveResult) {
  if (result.ok) return { id: result.id, ok: true, status: result.job.status };
  return { id: result.id, ok: false, error: { code: result.code, message: result.message } };
}
