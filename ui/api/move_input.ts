/** Checks which jobs a script wants to see, to resubmit or to cancel. */
import { isStatus, type JobFilter, STATUSES } from "@persistent-queue/queue";
import { parseSince } from "./due_time.ts";
import { fieldsOf, invalid, optionalFlag, optionalText } from "./fields.ts";

const MAX_IDS = 10_000;
const QUERY = { code: "invalid_query" } as const;

export type MoveInput = { readonly ids: readonly string[] } | { readonly filter: JobFilter };

/** @throws {HttpError} 400 */
export function moveInput(body: unknown, now: number): MoveInput {
  const place = { where: "The body", ...QUERY };
  const { ids, filter, all } = fieldsOf(body, ["ids", "filter", "all"], place);
  if ((ids === undefined) === (filter === undefined)) {
    throw invalid('Say which jobs: either {"ids": […]} or {"filter": {…}}.', QUERY);
  }
  const isAll = optionalFlag(all, "all", place) ?? false;
  if (ids === undefined) return { filter: meantFilter(filterOf(filter, now), isAll) };
  if (isAll) throw invalid('"all" goes with a filter, not with ids.', QUERY);
  return { ids: idsOf(ids) };
}

/** A filter that was built from empty fields would move every job there is: that has to be said in so many words. */
function meantFilter(filter: JobFilter, isAll: boolean): JobFilter {
  if (isAll || Object.keys(filter).length > 0) return filter;
  throw invalid('An empty filter means every job there is: if you mean that, add "all": true.', QUERY);
}

function idsOf(ids: unknown): string[] {
  if (!Array.isArray(ids) || ids.length === 0 || !ids.every((id) => typeof id === "string")) {
    throw invalid("ids must be a list of job ids, with at least one.", QUERY);
  }
  if (ids.length > MAX_IDS) {
    throw invalid(`At most ${MAX_IDS.toLocaleString("en")} ids at once; these are ${ids.length}.`, QUERY);
  }
  return [...new Set(ids)];
}

function filterOf(filter: unknown, now: number): JobFilter {
  const place = { where: "The filter", ...QUERY };
  const fields = fieldsOf(filter, FILTER_WORDS, place);
  const words = FILTER_WORDS.map((name) => [name, optionalText(fields[name], name, place)]);
  return jobFilter(Object.fromEntries(words), now);
}

export const FILTER_WORDS = ["status", "kind", "q", "due", "changed_since"] as const;

export type FilterWords = { readonly [name in typeof FILTER_WORDS[number]]?: string | undefined };

/** Several statuses stand between commas. Empty text means: not given, as in `?status=&kind=`. @throws {HttpError} 400 for what makes no sense */
export function jobFilter({ status, kind, q, due, changed_since }: FilterWords, now: number): JobFilter {
  const statuses = (status ?? "").split(",").filter((word) => word !== "");
  const stranger = statuses.find((word) => !isStatus(word));
  if (stranger !== undefined) {
    throw invalid(`There is no status "${stranger.slice(0, 60)}". There are ${STATUSES.join(", ")}.`, QUERY);
  }
  const [only, ...others] = statuses.filter(isStatus);
  return {
    ...(only === undefined ? {} : others.length === 0 ? { status: only } : { statuses: [only, ...others] }),
    ...(kind ? { kind } : {}),
    ...(q ? { search: q } : {}),
    ...(due ? dueOf(due, statuses) : {}),
    ...(changed_since ? { changedSince: changedSinceOf(changed_since, now) } : {}),
  };
}

/** Only what is PENDING waits for its time. */
function dueOf(due: string, statuses: readonly string[]): Pick<JobFilter, "status" | "due"> {
  if (due !== "now" && due !== "later") {
    throw invalid(`"due" is "now" or "later", not "${due.slice(0, 60)}".`, QUERY);
  }
  if (statuses.some((status) => status !== "PENDING")) {
    throw invalid(
      'Only PENDING jobs are due now or later: "due" goes with that status, or with none.',
      QUERY,
    );
  }
  return { status: "PENDING", due };
}

/** `15m`, `2h`, `3d` before `now`, or a time with its zone. */
function changedSinceOf(text: string, now: number): number {
  const since = parseSince(text, now);
  if ("ms" in since) return since.ms;
  throw invalid(`"changed_since" ${since.problem}, or a span such as 15m, 2h or 3d.`, QUERY);
}
