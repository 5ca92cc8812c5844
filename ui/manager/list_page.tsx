import { Dock } from "./dock.tsx";
import { EmptyList } from "./empty_list.tsx";
import { Filters } from "./filters.tsx";
import { JobRow } from "./job_row.tsx";
import { isFiltered, isInLine, listPath, queryWords } from "./list_query.ts";
import { matchesInWords, onwardInWords, orderInWords } from "./list_words.ts";
import { PageHead } from "./page_head.tsx";
import { StatusTabs } from "./status_tabs.tsx";
import { confirmPath, legalHere, Ticked } from "./ticked.tsx";
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

function Table({ view: { jobs, query }, live }: ListPageProps) {
  return (
    <table class="cards jobs" role="table" data-status={query.status}>
      <caption class="visually-hidden">Jobs, {orderInWords(query)}</caption>
      <thead role="rowgroup">
        <tr role="row">
          <th scope="col" role="columnheader" class="cell-tick">
            <span class="visually-hidden">Selected</span>
            <label class="tick needs-script">
              <input type="checkbox" aria-label="Select all on this page" data-tick-all />
            </label>
          </th>
          <th scope="col" role="columnheader">Job</th>
          <th scope="col" role="columnheader" class="cell-status">Status</th>
          <th scope="col" role="columnheader" class="cell-retries number">Retries</th>
          <th scope="col" role="columnheader" class="cell-consumer">Consumer</th>
          <th scope="col" role="columnheader" class="cell-heartbeat number">Heartbeat</th>
          <th scope="col" role="columnheader" class="cell-added number">Added</th>
          <th scope="col" role="columnheader" class="cell-waited number">Waited</th>
          <th scope="col" role="columnheader" class="cell-ran number">Ran</th>
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
  const words = queryWords({ ...query, cursor: "", limit: "" });
  return (
    <nav class="pager" aria-label="Pages of jobs">
      {query.cursor !== "" && (
        <a class="button" href={listPath({ ...query, cursor: "" })} data-go>
          {isInLine(query) ? "Next to run" : "Newest"}
        </a>
      )}
      {next !== null && (
        <a class="button" href={listPath({ ...query, cursor: next })} data-go>{onwardInWords(view)}</a>
      )}
      {!query.stalled && <a class="push small" href={`/api/jobs.csv?${words}`}>Export as CSV</a>}
    </nav>
  );
}

const ALL = { resubmit: "Resubmit all that match…", cancel: "Cancel all that match…" } as const;

/** Leads to a page that asks first. Only where something was asked for: else all that match would be all there is. */
function AllThatMatch({ view }: { readonly view: ListView }) {
  const { query, jobs, next } = view;
  if (!isFiltered(query) || query.stalled || (jobs.length === 0 && next === null)) return null;
  return (
    <>
      {legalHere(view).map((verb) => (
        <a key={verb} class="small" href={confirmPath(verb, query)}>{ALL[verb]}</a>
      ))}
    </>
  );
}

/** The sweep comes every ten seconds by itself; this button is for people who do not want to wait. */
function CheckStalled() {
  return (
    <button type="submit" form="one" formAction="/sweep" class="small-button">
      Check stalled jobs
    </button>
  );
}
