/** Checks which jobs a script wants to see, to resubmit or to cancel. */
import { isStatus, type JobFilter, STATUSES } from "@persistent-queue/queue";
import { fieldsOf, invalid, optionalFlag, optionalText } from "./fields.ts";

const MAX_IDS = 10_000;
const QUERY = { code: "invalid_query" } as const;

export type MoveInput = { readonly ids: readonly string[] } | { readonly filter: JobFilter };

/** @throws {Refusal} 400 */
export function moveInput(body: unknown): MoveInput {
  const place = { where: "The body", ...QUERY };
  const { ids, filter, all } = fieldsOf(body, ["ids", "filter", "all"], place);
  if ((ids === undefined) === (filter === undefined)) {
    throw invalid('Say which jobs: either {"ids": […]} or {"filter": {…}}.', QUERY);
  }
  const isAll = optionalFlag(all, "all", place) ?? false;
  if (ids === undefined) return { filter: meantFilter(filterOf(filter), isAll) };
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

function filterOf(filter: unknown): JobFilter {
  const place = { where: "The filter", ...QUERY };
  const { status, kind, q } = fieldsOf(filter, ["status", "kind", "q"], place);
  return jobFilter({
    status: optionalText(status, "status", place),
    kind: optionalText(kind, "kind", place),
    q: optionalText(q, "q", place),
  });
}

type FilterWords = { readonly [name in "status" | "kind" | "q"]: string | undefined };

/** Several statuses stand between commas. Empty text means: not given, as in `?status=&kind=`. @throws {Refusal} 400 for an unknown status */
export function jobFilter({ status, kind, q }: FilterWords): JobFilter {
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
  };
}
