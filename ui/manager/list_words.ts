/** What a list says of itself: how many jobs match, in which order they stand, and where the next page leads. */
import { PAGE_SIZE } from "@persistent-queue/queue/basics";
import { count } from "../components/format.ts";
import { isInLine, isNarrowed, type ListQuery } from "./list_query.ts";
import type { ListView } from "./views.ts";

/** `888 jobs · newest first`. */
export function matchesInWords(view: ListView): string {
  const matching = matchesOf(view);
  return [...(matching === null ? [] : [matching]), orderInWords(view.query)].join(" · ");
}

/** By the counts where only the status matters, else by the page, if it holds all; null where neither tells. */
function matchesOf({ query, jobs, next, counts, stalled }: ListView): string | null {
  if (!isNarrowed(query)) {
    if (query.stalled) return jobsInWords(stalled);
    const matching = Object.entries(counts).filter(([status]) =>
      query.status === "" || status === query.status
    );
    return jobsInWords(matching.reduce((sum, [, n]) => sum + n, 0));
  }
  if (query.cursor !== "") return null;
  if (next === null) return `${jobsInWords(jobs.length)} found`;
  return jobs.length === 0 ? null : `more than ${jobsInWords(jobs.length)} found`;
}

/** `newest first`. */
export function orderInWords(query: ListQuery): string {
  return isInLine(query) ? "in the order they will run" : "newest first";
}

/** A page that is not full ends where the search stopped looking, not where the matches end. */
export function onwardInWords({ jobs, query }: ListView): string {
  if (isInLine(query)) return "Next in line";
  const isFull = jobs.length >= (Number(query.limit) || PAGE_SIZE);
  return isNarrowed(query) && !isFull ? "Search further back" : "Older";
}

function jobsInWords(n: number): string {
  return `${count(n)} ${n === 1 ? "job" : "jobs"}`;
}
