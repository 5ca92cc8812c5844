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
