import type { WireJob } from "./views.ts";

/** Which jobs the list shows. It lives in the address of the page, so that it can be kept, sent and come back to. */
export interface ListQuery {
  /** A status, or empty for all. */
  readonly status: string;
  readonly kind: string;
  /** A part of the id. */
  readonly q: string;
  /** Only jobs whose consumer has fallen silent. */
  readonly stalled: boolean;
  /** Where the page begins; empty for the newest. */
  readonly cursor: string;
  /** Rows a page, or empty. */
  readonly limit: string;
}

/** Of all jobs, newest first. */
export const WHOLE_LIST: ListQuery = { status: "", kind: "", q: "", stalled: false, cursor: "", limit: "" };

export function readQuery(words: URLSearchParams): ListQuery {
  const word = (name: string) => words.get(name) ?? "";
  const stalled = word("stalled") === "1";
  return {
    status: stalled ? "" : word("status"),
    kind: word("kind"),
    q: word("q"),
    stalled,
    cursor: word("cursor"),
    limit: word("limit"),
  };
}

/** The same query as words of an address; what is not set is left out. */
export function queryWords(query: ListQuery): URLSearchParams {
  const words = new URLSearchParams();
  if (query.stalled) words.set("stalled", "1");
  for (const name of ["status", "kind", "q", "cursor", "limit"] as const) {
    if (query[name] !== "") words.set(name, query[name]);
  }
  return words;
}

/** The address of the list with this query. */
export function listPath(query: ListQuery): string {
  const words = queryWords(query).toString();
  return words === "" ? "/" : `/?${words}`;
}

/** Whether any job may be missing from the list for what it is. */
export function isFiltered({ status, kind, q, stalled }: ListQuery): boolean {
  return stalled || status !== "" || kind !== "" || q !== "";
}

/** Whether it asks for more than a status, so that the counts of the statuses do not tell how many match. */
export function isNarrowed({ kind, q }: ListQuery): boolean {
  return kind !== "" || q !== "";
}

/** Whether the jobs stand in the order in which they will run, and not the newest first. */
export function isInLine(query: ListQuery): boolean {
  return query.status === "PENDING" && !query.stalled && !isNarrowed(query);
}

/** Whether the list shows such a job. */
export function isWanted({ status, kind, q, stalled }: ListQuery, job: Pick<WireJob, keyof Wanted>): boolean {
  const isOfStatus = stalled ? job.stalled : status === "" || job.status === status;
  return isOfStatus && (kind === "" || job.kind === kind) && job.id.includes(q);
}

type Wanted = Record<"id" | "kind" | "status" | "stalled", unknown>;

/** `FAILED jobs of kind mail whose id contains “x”`. */
export function describeQuery(query: ListQuery, statuses = query.status): string {
  const { kind, q, stalled } = query;
  const words = [
    ...(stalled ? ["stalled"] : []),
    ...(statuses === "" ? [] : [statuses]),
    "jobs",
    ...(kind === "" ? [] : [`of kind ${kind}`]),
    ...(q === "" ? [] : [`whose id contains “${q}”`]),
  ];
  return words.join(" ");
}
