import type { OperatorVerb } from "@persistent-queue/queue";
import { JobRow } from "./job_row.tsx";
import { Filters } from "./filters.tsx";
import { listPath, queryWords } from "./list_query.ts";
import { Notices } from "./notices.tsx";
import { StatusTabs } from "./status_tabs.tsx";
import type { ListView, Liveness } from "./views.ts";

export interface ListPageProps {
  readonly view: ListView;
  readonly live: Liveness;
}

export function ListPage({ view, live }: ListPageProps) {
  return (
    <div class="list-page">
      <h1 class="visually-hidden">Jobs</h1>
      <Notices view={view} live={live} />
      <StatusTabs view={view} />
      <div class="panel">
        <div class="list-top">
          <Filters view={view} />
          <div class="row list-actions">
            <AllThatMatch view={view} />
            <CheckStalled />
          </div>
        </div>
        {view.jobs.length === 0 ? <Empty view={view} /> : <Table view={view} live={live} />}
        <Pager view={view} />
      </div>
      <Ticked view={view} live={live} />
      <form id="one" method="post">
        <input type="hidden" name="back" value={listPath(view.query)} />
      </form>
    </div>
  );
}

function Table({ view: { jobs }, live }: ListPageProps) {
  return (
    <table class="cards wide jobs" role="table">
      <caption class="visually-hidden">Jobs, newest first</caption>
      <thead role="rowgroup">
        <tr role="row">
          <th scope="col" role="columnheader" class="cell-tick">
            <span class="visually-hidden">Selected</span>
            <input type="checkbox" class="needs-script" aria-label="Select all on this page" data-tick-all />
          </th>
          <th scope="col" role="columnheader">Job</th>
          <th scope="col" role="columnheader">Status</th>
          <th scope="col" role="columnheader" class="number">Retries</th>
          <th scope="col" role="columnheader">Consumer</th>
          <th scope="col" role="columnheader">Heartbeat</th>
          <th scope="col" role="columnheader">Updated</th>
          <th scope="col" role="columnheader">
            <span class="visually-hidden">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody role="rowgroup">{jobs.map((job) => <JobRow key={job.seq} job={job} now={live.now} />)}</tbody>
    </table>
  );
}

function Empty({ view: { query, counts, next } }: { readonly view: ListView }) {
  const isEmptyQueue = Object.values(counts).every((n) => n === 0);
  if (next !== null) {
    return <p class="empty">Nothing found so far among the newest jobs. Go on with “Older”.</p>;
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
  if (query.stalled) return <p class="empty">No job is stalled: every consumer that works is heard of.</p>;
  return (
    <div class="empty">
      <p>No job matches.</p>
      <p>
        <a class="button" href="/" data-go>Show all jobs</a>
      </p>
    </div>
  );
}

function Pager({ view: { query, next } }: { readonly view: ListView }) {
  const words = queryWords({ ...query, cursor: "", limit: "" });
  return (
    <nav class="pager" aria-label="Pages of jobs">
      {query.cursor !== "" && <a class="button" href={listPath({ ...query, cursor: "" })} data-go>Newest</a>}
      {next !== null && <a class="button" href={listPath({ ...query, cursor: next })} data-go>Older</a>}
      {!query.stalled && <a class="push small" href={`/api/jobs.csv?${words}`}>Export as CSV</a>}
    </nav>
  );
}

const VERBS = ["resubmit", "cancel"] as const satisfies OperatorVerb[];
const ALL = { resubmit: "Resubmit all that match…", cancel: "Cancel all that match…" } as const;
const TICKED = { resubmit: "Resubmit selected", cancel: "Cancel selected" } as const;

/** Leads to a page that asks first. */
function AllThatMatch({ view }: { readonly view: ListView }) {
  if (view.query.stalled || (view.jobs.length === 0 && view.next === null)) return null;
  return (
    <>
      {legalHere(view).map((verb) => {
        const words = queryWords({ ...view.query, cursor: "", limit: "" });
        return <a key={verb} class="small" href={`/confirm?verb=${verb}&${words}`}>{ALL[verb]}</a>;
      })}
    </>
  );
}

/** The sweep comes every ten seconds by itself; this is for whoever does not want to wait. */
function CheckStalled() {
  return (
    <button type="submit" form="one" formAction="/sweep" class="small-button">
      Check stalled jobs
    </button>
  );
}

/** What may be done with the ticked rows. With scripts it comes up once something is ticked. */
function Ticked({ view, live: { picked } }: ListPageProps) {
  const verbs = legalHere(view);
  return (
    <form
      id="ticked"
      class="ticked panel"
      method="post"
      action="/cancel"
      data-picked={picked.all}
      hidden={verbs.length === 0 || view.jobs.length === 0}
    >
      <input type="hidden" name="back" value={listPath(view.query)} />
      <span class="ticked-count">
        {picked.all === 0 ? "With the selected jobs:" : `${picked.all} selected`}
      </span>
      {verbs.map((verb) => (
        <button
          key={verb}
          type="submit"
          formAction={`/${verb}`}
          disabled={picked.all > 0 && picked[verb] === 0}
        >
          {TICKED[verb]}
        </button>
      ))}
      <button type="reset" class="quiet needs-script">Clear selection</button>
    </form>
  );
}

/** The actions that make sense for some job that this list may hold. */
function legalHere({ query, jobs }: ListView): readonly OperatorVerb[] {
  if (query.status === "" && !query.stalled) return VERBS;
  return VERBS.filter((verb) => jobs.some(({ actions }) => actions.includes(verb)));
}
