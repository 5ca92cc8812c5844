/** The list of jobs, with its caption and its paging. */
import { PAGE_SIZE } from "@persistent-queue/queue/basics";
import { count } from "../components/format.ts";
import { Dock, PageHead } from "./page_frame.tsx";
import { Filters, StatusTabs } from "./filters.tsx";
import { JobRow } from "./job_row.tsx";
import { MEANINGS } from "./job_times.ts";
import {
  describeQuery,
  isFiltered,
  isInRunOrder,
  isNarrowed,
  isOfStatus,
  listPath,
  queryParams,
} from "./list_query.ts";
import { confirmPath, legalVerbs, Ticked } from "./ticked.tsx";
import type { ListView, Liveness } from "./views.ts";

export interface ListPageProps {
  readonly view: ListView;
  readonly live: Liveness;
}

export function ListPage({ view, live }: ListPageProps) {
  return (
    <div class="list-page">
      <PageHead view={view} live={live}>
        <h1>Jobs</h1>
      </PageHead>
      <StatusTabs view={view} />
      <div class="panel">
        <div class="list-top">
          <Filters view={view} />
          <p class="muted small matches">{matchesInWords(view)}</p>
          <div class="row list-actions">
            <AllThatMatch view={view} />
            <CheckStalled />
          </div>
        </div>
        {view.jobs.length === 0 ? <EmptyList view={view} /> : <Table view={view} live={live} />}
        <Pager view={view} />
      </div>
      <form id="one" method="post">
        <input type="hidden" name="back" value={listPath(view.query)} />
      </form>
      <Dock view={view} live={live} back={listPath(view.query)}>
        <Ticked view={view} live={live} />
      </Dock>
    </div>
  );
}

function Table({ view, live }: ListPageProps) {
  const { jobs, query } = view;
  return (
    <table class="cards jobs" role="table" data-status={query.status}>
      <caption class="visually-hidden">Jobs, {orderInWords(view)}</caption>
      <thead role="rowgroup">
        <tr role="row">
          <th scope="col" role="columnheader" class="cell-tick">
            <span class="visually-hidden">Selected</span>
            <label class="tick needs-script">
              <input type="checkbox" aria-label="Select all on this page" data-tick-all />
            </label>
          </th>
          <th scope="col" role="columnheader" class="cell-id">Job</th>
          <th scope="col" role="columnheader" class="cell-kind">Kind</th>
          <th scope="col" role="columnheader" class="cell-status">Status</th>
          <th scope="col" role="columnheader" class="cell-retries number">Retries</th>
          <th scope="col" role="columnheader" class="cell-consumer">Consumer</th>
          <th scope="col" role="columnheader" class="cell-heartbeat number">Heartbeat</th>
          <th scope="col" role="columnheader" class="cell-added number">Added</th>
          <th scope="col" role="columnheader" class="cell-waited number">
            <span class="explained" title={MEANINGS.Waited}>Waited</span>
          </th>
          <th scope="col" role="columnheader" class="cell-took number">
            <span class="explained" title={MEANINGS.Took}>Took</span>
          </th>
          <th scope="col" role="columnheader" class="cell-actions">
            <span class="visually-hidden">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody role="rowgroup">
        {jobs.map((job) => <JobRow key={job.seq} job={job} query={query} now={live.now} />)}
      </tbody>
    </table>
  );
}

function Pager({ view }: { readonly view: ListView }) {
  const { query, next } = view;
  const params = queryParams({ ...query, cursor: "", limit: "" });
  return (
    <nav class="pager" aria-label="Pages of jobs">
      {query.cursor !== "" && (
        <a class="button" href={listPath({ ...query, cursor: "" })} data-go>
          {isInRunOrder(query) ? "Next to run" : "Newest"}
        </a>
      )}
      {next !== null && (
        <a class="button" href={listPath({ ...query, cursor: next })} data-go>{nextPageLabel(view)}</a>
      )}
      {!query.stalled && <a class="push small" href={`/api/jobs.csv?${params}`}>Export as CSV</a>}
    </nav>
  );
}

const ALL = { resubmit: "Resubmit all that match…", cancel: "Cancel all that match…" } as const;

/** Links to a confirmation page. Only with a filter: otherwise all that match would be every job there is. */
function AllThatMatch({ view }: { readonly view: ListView }) {
  const { query, jobs, next } = view;
  if (!isFiltered(query) || query.stalled || (jobs.length === 0 && next === null)) return null;
  return (
    <>
      {legalVerbs(view).map((verb) => (
        <a key={verb} class="small" href={confirmPath(verb, query)}>{ALL[verb]}</a>
      ))}
    </>
  );
}

/** Sweeps run every ten seconds anyway; this button is for people who do not want to wait. */
function CheckStalled() {
  return (
    <button type="submit" form="one" formAction="/sweep" class="small-button">
      Check stalled jobs
    </button>
  );
}

/** Why there is nothing to see, and where to go. */
function EmptyList({ view: { query, counts, next } }: { readonly view: ListView }) {
  const isEmptyQueue = Object.values(counts).every((n) => n === 0);
  if (next !== null) {
    return <p class="empty">Nothing found so far among the newest jobs. Continue with the button below.</p>;
  }
  if (isEmptyQueue) {
    return (
      <div class="empty">
        <p>No jobs yet. The producer adds one every few seconds, unless it is switched off.</p>
        <p>
          <a class="button" href="/add">Add a job</a>
        </p>
      </div>
    );
  }
  if (query.stalled && !isNarrowed(query)) {
    return <p class="empty">No job is stalled: each one at work has a recent heartbeat.</p>;
  }
  return (
    <div class="empty">
      <p>{isFiltered(query) ? `There are no ${describeQuery(query)}.` : "There are no older jobs."}</p>
      <p>
        <a class="button" href="/" data-go>Show all jobs</a>
      </p>
    </div>
  );
}

/** `888 jobs · newest first`. */
function matchesInWords(view: ListView): string {
  const matching = matchesOf(view);
  return [...(matching === null ? [] : [matching]), orderInWords(view)].join(" · ");
}

/** From the counts if only the status matters, otherwise from the page if it has them all; null if unknown. */
function matchesOf({ query, jobs, next, counts, stalled }: ListView): string | null {
  if (!isNarrowed(query)) {
    if (query.stalled) return jobsInWords(stalled);
    const matching = Object.entries(counts).filter(([status]) => isOfStatus(query, status));
    return jobsInWords(matching.reduce((sum, [, n]) => sum + n, 0));
  }
  if (query.cursor !== "") return null;
  if (next === null) return `${jobsInWords(jobs.length)} found`;
  return jobs.length === 0 ? null : `more than ${jobsInWords(jobs.length)} found`;
}

/** `newest first`. */
function orderInWords({ query, parked }: Pick<ListView, "query" | "parked">): string {
  if (!isInRunOrder(query)) return "newest first";
  const arePartOfIt = parked > 0 && query.due !== "later";
  return `in the order they will run${arePartOfIt ? ", those without a working handler last" : ""}`;
}

/** A page that is not full ends where the search paused, not where the matches end. */
function nextPageLabel({ jobs, query }: ListView): string {
  if (isInRunOrder(query)) return "Next in line";
  const isFull = jobs.length >= (Number(query.limit) || PAGE_SIZE);
  return isNarrowed(query) && !isFull ? "Search further back" : "Older";
}

function jobsInWords(n: number): string {
  return `${count(n)} ${n === 1 ? "job" : "jobs"}`;
}
