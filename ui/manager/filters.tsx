import type { ListView } from "./views.ts";

/** Search, kind, time. A form of its own: without scripts it is sent, with them it works as one types. */
export function Filters({ view: { query, kinds } }: { readonly view: ListView }) {
  const known = query.kind === "" || kinds.includes(query.kind) ? kinds : [...kinds, query.kind];
  return (
    <form class="filters" method="get" action="/" role="search" data-filters>
      {query.stalled && <input type="hidden" name="stalled" value="1" />}
      {query.status !== "" && <input type="hidden" name="status" value={query.status} />}
      {query.limit !== "" && <input type="hidden" name="limit" value={query.limit} />}
      <label class="visually-hidden" for="search">Part of the id</label>
      <input
        id="search"
        class="search"
        type="search"
        name="q"
        defaultValue={query.q}
        placeholder="Part of the id"
        maxLength={2000}
        autocomplete="off"
        spellcheck={false}
      />
      <label class="visually-hidden" for="kind">Kind</label>
      <select id="kind" name="kind">
        <option value="">All kinds</option>
        {known.map((kind) => <option key={kind} value={kind} selected={kind === query.kind}>{kind}</option>)}
      </select>
      <label class="visually-hidden" for="changed-since">Changed</label>
      <select id="changed-since" name="changed_since">
        <option value="">Any time</option>
        {spansFor(query.changed_since).map((span) => (
          <option key={span} value={span} selected={span === query.changed_since}>
            {SPANS[span] ?? `Changed: ${span}`}
          </option>
        ))}
      </select>
      {query.status === "PENDING" && <DueFilter due={query.due} />}
      <button type="submit" class="without-script">Search</button>
    </form>
  );
}

const SPANS: Readonly<Record<string, string>> = {
  "15m": "Changed in 15 min",
  "1h": "Changed in 1 h",
  "24h": "Changed in 24 h",
};

/** Those of the list, and another one if the address says so. */
function spansFor(chosen: string): readonly string[] {
  const spans = Object.keys(SPANS);
  return chosen === "" || spans.includes(chosen) ? spans : [...spans, chosen];
}

const DUE = { now: "Due now", later: "Scheduled" } as const;

/** What waits for its time stands apart from what waits for a consumer. */
function DueFilter({ due }: { readonly due: string }) {
  return (
    <>
      <label class="visually-hidden" for="due">Due</label>
      <select id="due" name="due">
        <option value="">Due at any time</option>
        {Object.entries(DUE).map(([when, words]) => (
          <option key={when} value={when} selected={when === due}>{words}</option>
        ))}
      </select>
    </>
  );
}
