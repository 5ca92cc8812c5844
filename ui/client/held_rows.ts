/** The list while its rows hold still: which are shown, and in which order, stays; what they say is fresh. */
import { isInLine } from "../manager/list_query.ts";
import type { ListView, Row } from "../manager/views.ts";

/** What is shown of `fresh` by a reader who holds on to the rows of `shown`. */
export function heldRows(shown: ListView, fresh: ListView): ListView {
  const known = bySeq(fresh);
  const jobs = shown.jobs.map((job): Row => known.get(job.seq) ?? { ...job, actions: [], isGone: true });
  return { ...fresh, jobs, next: shown.next };
}

/** How many jobs of `fresh` are not shown, but for those that only came up from the next page. */
export function countNewer({ jobs, next, query }: ListView, fresh: ListView): number {
  const shown = new Set(jobs.map(({ seq }) => seq));
  // In line others come up whenever one is taken: new are only those that were added since.
  const oldest = isInLine(query) ? Math.max(0, ...shown) : next === null ? 0 : Math.min(...shown);
  return fresh.jobs.filter(({ seq }) => !shown.has(seq) && seq > oldest).length;
}

/** The fresh list, and among it those of `seqs` that it does not hold: nothing that is ticked goes away unseen. */
export function withTicked(fresh: ListView, seqs: ReadonlySet<number>): ListView {
  const listed = new Set(fresh.jobs.map(({ seq }) => seq));
  const jobs = [...fresh.jobs];
  for (const job of fresh.kept ?? []) {
    if (!seqs.has(job.seq) || listed.has(job.seq)) continue;
    const place = jobs.findIndex(({ seq }) => seq < job.seq);
    jobs.splice(place === -1 ? jobs.length : place, 0, job);
  }
  return { ...fresh, jobs };
}

function bySeq({ jobs, kept = [] }: ListView): Map<number, Row> {
  return new Map([...kept, ...jobs].map((job) => [job.seq, job]));
}
