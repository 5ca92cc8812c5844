/** Which jobs the list shows. It is part of the page's address, so that it can be bookmarked and shared. */
export interface ListQuery {
  /** A status, several with commas between them, or empty for all. */
  readonly status: string;
  readonly kind: string;
  /** Part of the id. */
  readonly q: string;
  /** `now` or `later`: only PENDING jobs that are due, or are not due yet; or empty. */
  readonly due: string;
  /** Only jobs that have changed since a time or within a span, such as `15m`; or empty. */
  readonly changed_since: string;
  /** Only jobs whose consumer has fallen silent. */
  readonly stalled: boolean;
  /** Where the page begins; empty for the newest. */
  readonly cursor: string;
  /** Rows per page, or empty. */
  readonly limit: string;
}

/** Without parameters: all jobs, newest first. */
export function readQuery(params: URLSearchParams): ListQuery {
  const param = (name: string) => params.get(name) ?? "";
  const stalled = param("stalled") === "1";
  const due = stalled ? "" : param("due");
  return {
    status: stalled ? "" : param("status") || (due === "" ? "" : "PENDING"),
    kind: param("kind"),
    q: param("q"),
    due,
    changed_since: param("changed_since"),
    stalled,
    cursor: param("cursor"),
    limit: param("limit"),
  };
}

/** The query as URL parameters, without those that are not set. */
export function queryParams(query: ListQuery): URLSearchParams {
  const params = new URLSearchParams();
  if (query.stalled) params.set("stalled", "1");
  for (const name of ["status", "kind", "q", "due", "changed_since", "cursor", "limit"] as const) {
    if (query[name] !== "") params.set(name, query[name]);
  }
  return params;
}

/** The address of the list with this query. */
export function listPath(query: ListQuery): string {
  const params = queryParams(query).toString();
  return params === "" ? "/" : `/?${params}`;
}

/** Whether the query excludes any jobs. */
export function isFiltered(query: ListQuery): boolean {
  return query.stalled || query.status !== "" || isNarrowed(query);
}

/** Whether it filters by more than the status, so that the status counts do not tell how many match. */
export function isNarrowed({ kind, q, due, changed_since }: ListQuery): boolean {
  return kind !== "" || q !== "" || due !== "" || changed_since !== "";
}

/** Whether the jobs are listed in the order in which they will run, instead of newest first. */
export function isInRunOrder(query: ListQuery): boolean {
  return query.status === "PENDING" && !query.stalled && !isNarrowed({ ...query, due: "" });
}

/** The fields of a job that decide whether a list shows it. */
interface Listed {
  readonly id: string;
  readonly kind: string;
  readonly status: string;
  readonly stalled: boolean;
}

/** Empty for all. */
export function statusesOf({ status }: Pick<ListQuery, "status">): string[] {
  return status.split(",").filter((word) => word !== "");
}

/** Whether the list has jobs of this status. */
export function isOfStatus(query: Pick<ListQuery, "status">, status: string): boolean {
  return query.status === "" || statusesOf(query).includes(status);
}

/** Whether the list shows such a job. */
export function isWanted(query: ListQuery, job: Listed): boolean {
  const { kind, q, stalled } = query;
  const isListed = stalled ? job.stalled : isOfStatus(query, job.status);
  return isListed && (kind === "" || job.kind === kind) && job.id.includes(q);
}

/** `FAILED jobs of kind mail whose id contains “x”`. */
export function describeQuery(query: ListQuery, statuses = statusesOf(query).join(" and ")): string {
  const { kind, q, due, changed_since, stalled } = query;
  const words = [
    ...(stalled ? ["stalled"] : []),
    ...(statuses === "" ? [] : [statuses]),
    "jobs",
    ...(kind === "" ? [] : [`of kind ${kind}`]),
    ...(q === "" ? [] : [`whose id contains “${q}”`]),
    ...(due === "" ? [] : [due === "later" ? "scheduled for later" : "due now"]),
    ...(changed_since === "" ? [] : [changedInWords(changed_since)]),
  ];
  return words.join(" ");
}

const SPANS: Readonly<Record<string, string>> = { "15m": "15 minutes", "1h": "hour", "24h": "24 hours" };

/** `changed in the last hour`, `changed since 2026-11-28T10:00:00Z`. */
function changedInWords(since: string): string {
  return /^\d{4}-/.test(since) ? `changed since ${since}` : `changed in the last ${SPANS[since] ?? since}`;
}

/** The address of a job's page, which links back to the same list. */
export function jobPath(id: string, from?: ListQuery): string {
  const params = new URLSearchParams({ id });
  const list = from === undefined ? "" : queryParams(from).toString();
  if (list !== "") params.set("from", list);
  return `/job?${params}`;
}
