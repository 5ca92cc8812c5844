import { describeQuery, isFiltered, isNarrowed } from "./list_query.ts";
import type { ListView } from "./views.ts";

/** Why there is nothing to see, and where to go. */
export function EmptyList({ view: { query, counts, next } }: { readonly view: ListView }) {
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
