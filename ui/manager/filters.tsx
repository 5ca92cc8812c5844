/** The filters of the list: status, part of the id, kind, time. */
import type { Status } from "@persistent-queue/queue";
import { count } from "../components/format.ts";
import { isNarrowed, listPath, statusesOf } from "./list_query.ts";
import type { ListView } from "./views.ts";

/**
 * All, the statuses and Stalled, each a link that keeps the other filters, with its live count. With a search or a kind
 * there are no counts: those of all jobs would be mistaken for those that match.
 */
export function StatusTabs({ view: { query, counts, stalled } }: { readonly view: ListView }) {
  // A tab drops the `due` filter: it leads to all PENDING jobs.
  const others = { ...query, due: "" };
  const hasCounts = !isNarrowed(others);
  const all = Object.values(counts).reduce((sum, n) => sum + n, 0);
  const at = (tab: { readonly status?: string; readonly stalled?: boolean }) =>
    listPath({ ...others, status: "", stalled: false, cursor: "", ...tab });
  const here = (status: string) => !query.stalled && statusesOf(query).includes(status);
  return (
    <nav class="tabs" aria-label="Status">
      <Tab
        href={at({})}
        name="All"
        n={hasCounts ? all : null}
        isHere={!query.stalled && query.status === ""}
      />
      {(Object.keys(counts) as Status[]).map((status) => (
        <Tab
          key={status}
          href={at({ status })}
          name={status}
          n={hasCounts ? counts[status] : null}
          isHere={here(status)}
        />
      ))}
      <Tab
        href={at({ stalled: true })}
        name="Stalled"
        n={hasCounts ? stalled : null}
        isHere={query.stalled}
      />
    </nav>
  );
}

interface TabProps {
  readonly href: string;
  readonly name: string;
  /** Null: not known. */
  readonly n: number | null;
  readonly isHere: boolean;
}

function Tab({ href, name, n, isHere }: TabProps) {
  return (
    <a
      class={`tab tab-${name.toLowerCase()}`}
      href={href}
      data-go
      aria-current={isHere ? "page" : undefined}
      data-empty={n === 0 ? "" : undefined}
      data-uncounted={n === null ? "" : undefined}
      title={n === null ? "Not counted while the list is filtered" : undefined}
    >
      <span class="tab-name">{name}</span>{" "}
      <span class="tab-count" data-count={name}>{n === null ? "–" : count(n)}</span>
    </a>
  );
}

/** Search, kind, time. A separate form: it is submitted without scripts, and updates while typing with them. */
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

/** The predefined spans, and a different one if the address has it. */
function spansFor(chosen: string): readonly string[] {
  const spans = Object.keys(SPANS);
  return chosen === "" || spans.includes(chosen) ? spans : [...spans, chosen];
}

const DUE = { now: "Due now", later: "Scheduled" } as const;

/** Separates jobs that are scheduled from jobs that wait for a consumer. */
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
