/** Gathers what the page of one job shows, with values as indented JSON. */
import { type Attempt, attemptsOf, type Job } from "@persistent-queue/queue";
import type { PageDeps } from "../page_deps.ts";
import { hostOfConsumer } from "../api/hosts.ts";
import { attemptOnWire, historyOnWire, jobOnWire, momentOf, warningsOf } from "../api/serializers.ts";
import type { ListQuery } from "./list_query.ts";
import type { AttemptView, JobView, ValueView } from "./views.ts";

/** In characters. The complete value is one link away. */
const LONG = 64 * 1024;
const ATTEMPTS = 10;
/** The most characters of each text of an attempt. */
const ATTEMPT_WORDS = 4_000;

/** @throws {QueueError} `unknown_job` */
export async function jobView(
  { queue, system, now }: PageDeps,
  { id, from }: { readonly id: string; readonly from: ListQuery },
): Promise<JobView> {
  const { job, history } = await queue.get(id);
  const moment = momentOf({ queue, now: now() });
  return {
    page: "job",
    now: moment.now,
    from,
    job: jobOnWire(job, moment),
    host: hostOfConsumer(job.consumerId, { system, queue }),
    payload: valueView(job, "payload"),
    result: valueView(job, "result"),
    history: history.map(historyOnWire),
    ...newestAttempts(attemptsOf({ job, history, now: moment.now })),
    warnings: warningsOf({ queue, system }),
    batches: [],
  };
}

function newestAttempts(attempts: readonly Attempt[]) {
  return {
    attempts: attempts.slice(-ATTEMPTS).map(attemptView),
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

/** Keeps the end: the last lines say most. */
function cutFront(text: string | null): string | null {
  return text === null || text.length <= ATTEMPT_WORDS ? text : `…${text.slice(-ATTEMPT_WORDS)}`;
}

function valueView({ leftOut = [], ...job }: Job, name: "payload" | "result"): ValueView | null {
  if (leftOut.includes(name)) return { text: "Too long to be shown.", isCut: false };
  const json = job[name];
  // Without a payload it is null. A handler that returns nothing has no result, so its null is one that was returned.
  return json === null || (name === "payload" && json === "null") ? null : indentedJson(json, LONG);
}

/** Deeper levels, which no reader can follow, are not broken into lines. */
const MAX_LEVELS = 24;

interface Indented {
  readonly text: string;
  readonly isCut: boolean;
}

/**
 * The same as `JSON.stringify(value, null, 2)`, but each number exactly as it is stored. The cost is proportional to what
 * is shown: 1 MiB nested 500 levels deep would become 450 MB if all of it were indented.
 */
export function indentedJson(json: string, most: number): Indented {
  const shown = json.slice(0, most);
  const parts: string[] = [];
  let [length, level, before] = [0, 0, ""];
  const add = (part: string) => {
    parts.push(part);
    length += part.length;
  };
  const newLine = () => level <= MAX_LEVELS && add(`\n${"  ".repeat(level)}`);
  for (let i = 0; i < shown.length && length <= most;) {
    const token = tokenAt(shown, i);
    i += token.length;
    if (SPACE.test(token)) continue;
    const isEnd = token === "]" || token === "}";
    const isFirst = before === "[" || before === "{";
    if (isFirst) level += 1;
    if (before === "," || isFirst && !isEnd) newLine();
    if (isEnd) level -= 1;
    if (isEnd && !isFirst && level < MAX_LEVELS) newLine();
    add(token === ":" ? ": " : token);
    before = token;
  }
  return { text: parts.join("").slice(0, most), isCut: length > most || json.length > most };
}

const SPACE = /^\s/;
const WORD = /[^"[\]{},:\s]+|\s+/y;
const STRING = /"[^"\\]*(?:\\.[^"\\]*)*"?/sy;

function tokenAt(json: string, at: number): string {
  const first = json.charAt(at);
  if ("[]{},:".includes(first)) return first;
  const pattern = first === '"' ? STRING : WORD;
  pattern.lastIndex = at;
  return pattern.exec(json)?.[0] ?? first;
}
