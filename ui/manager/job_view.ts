/** Gathers what the page of one job shows. */
import { type Attempt, attemptsOf, type Job } from "@persistent-queue/queue";
import type { PageDeps } from "../page_deps.ts";
import { attemptOnWire, historyOnWire, jobOnWire, warningsOf } from "../api/serializers.ts";
import { indentedJson } from "./indented_json.ts";
import type { ListQuery } from "./list_query.ts";
import type { AttemptView, JobView, ValueView } from "./views.ts";

/** Characters. The whole value is one link away. */
const LONG = 64 * 1024;
const ATTEMPTS = 10;
/** Characters of each text beside an attempt. */
const ATTEMPT_WORDS = 4_000;

/** @throws {QueueError} `unknown_job` */
export async function jobView(
  { queue, system, now }: PageDeps,
  { id, from }: { readonly id: string; readonly from: ListQuery },
): Promise<JobView> {
  const { job, history } = await queue.get(id);
  const moment = { now: now(), stallMs: queue.stallMs, kinds: queue.kinds };
  return {
    page: "job",
    now: moment.now,
    from,
    job: jobOnWire(job, moment),
    payload: valueView(job, "payload"),
    result: valueView(job, "result"),
    history: history.map(historyOnWire),
    ...newestAttempts(attemptsOf({ job, history, now: moment.now })),
    warnings: warningsOf(system),
    batches: [],
  };
}

function newestAttempts(attempts: readonly Attempt[]) {
  return {
    attempts: attempts.slice(-ATTEMPTS).reverse().map(attemptView),
    earlierAttempts: Math.max(0, attempts.length - ATTEMPTS),
  };
}

function attemptView(attempt: Attempt): AttemptView {
  const { attempt: number, ...wire } = attemptOnWire(attempt);
  return { ...wire, number, error: cut(wire.error), detail: cut(wire.detail), log: cutFront(wire.log) };
}

function cut(text: string | null): string | null {
  return text === null || text.length <= ATTEMPT_WORDS ? text : `${text.slice(0, ATTEMPT_WORDS)}…`;
}

/** The last lines say most. */
function cutFront(text: string | null): string | null {
  return text === null || text.length <= ATTEMPT_WORDS ? text : `…${text.slice(-ATTEMPT_WORDS)}`;
}

function valueView({ leftOut = [], ...job }: Job, name: "payload" | "result"): ValueView | null {
  if (leftOut.includes(name)) return { text: "Too long to be shown.", isCut: false };
  const json = job[name];
  return json === null || json === "null" ? null : indentedJson(json, LONG);
}
