/**
 * Rows hold still while the reader rests on them, with the pointer or the keyboard. Which rows are shown then, and in
 * which order, stays; what they say is fresh.
 */
import { isInLine } from "../manager/list_query.ts";
import type { ListView, Row } from "../manager/views.ts";

const RESTED_ON = "tbody:hover";
/** Where a click left it the focus says nothing; a keyboard's focus does. */
const FOCUSED = "tbody :focus-visible";

/** A finger that has left the glass still counts as hovering: only a pointer can rest on something. */
const canHover = matchMedia("(hover: hover)");

export function isRestedOn(): boolean {
  if (document.querySelector(FOCUSED) !== null) return true;
  return canHover.matches && document.querySelector(RESTED_ON) !== null;
}

/** Calls back when the reader begins to rest on the rows, and when they have left them. */
export function listenToRest(onChange: () => void): void {
  let wasRestedOn = false;
  const look = () => {
    const isNow = isRestedOn();
    if (wasRestedOn !== isNow) onChange();
    wasRestedOn = isNow;
  };
  for (const type of ["pointerover", "focusin"]) document.addEventListener(type, look);
  // What is hovered and focused is told right after these.
  for (const type of ["mouseleave", "focusout"]) {
    document.documentElement.addEventListener(type, () => setTimeout(look));
  }
}

/**
 * A button that did its work may be gone from its row: the focus then goes to the row, not to nowhere. Call it before
 * the change, and the function that it returns afterwards.
 */
export function keepFocus(): () => void {
  const link = document.activeElement?.closest("tr")?.querySelector<HTMLElement>(".job-link") ?? null;
  return () => {
    if (document.activeElement !== document.body || link === null) return;
    const target = link.isConnected ? link : document.querySelector<HTMLElement>(".job-link");
    (target ?? document.querySelector<HTMLElement>("#main"))?.focus({ preventScroll: true });
  };
}

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
