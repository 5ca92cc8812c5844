/**
 * Rows hold still while the reader is on them, with the pointer or the keyboard. Their selection and order then stay the
 * same; their content is updated.
 */
import { isInRunOrder } from "../manager/list_query.ts";
import type { ListView, Row } from "../manager/views.ts";

const HOVERED = "tbody:hover";
/** Focus left by a click means nothing; keyboard focus does. */
const FOCUSED = "tbody :focus-visible";

/** A finger that has left the screen still counts as hovering, so only a real pointer is considered. */
const canHover = matchMedia("(hover: hover)");

export function isReaderOnRows(): boolean {
  if (document.querySelector(FOCUSED) !== null) return true;
  return canHover.matches && document.querySelector(HOVERED) !== null;
}

/** Calls back when the reader enters the rows, and when they leave them. */
export function listenToReader(onChange: () => void): void {
  let wasOnRows = false;
  const check = () => {
    const isNow = isReaderOnRows();
    if (wasOnRows !== isNow) onChange();
    wasOnRows = isNow;
  };
  for (const type of ["pointerover", "focusin"]) document.addEventListener(type, check);
  // Hover and focus are updated right after these events.
  for (const type of ["mouseleave", "focusout"]) {
    document.documentElement.addEventListener(type, () => setTimeout(check));
  }
}

/**
 * A clicked button may disappear from its row: the focus then goes to the row instead of being lost. Call this before the
 * change, and the function that it returns afterwards.
 */
export function keepFocus(): () => void {
  const link = document.activeElement?.closest("tr")?.querySelector<HTMLElement>(".job-link") ?? null;
  return () => {
    if (document.activeElement !== document.body || link === null) return;
    const target = link.isConnected ? link : document.querySelector<HTMLElement>(".job-link");
    (target ?? document.querySelector<HTMLElement>("#main"))?.focus({ preventScroll: true });
  };
}

/** The view `fresh` with the rows of `shown`, for a reader who holds on to them. */
export function heldRows(shown: ListView, fresh: ListView): ListView {
  const known = bySeq(fresh);
  const jobs = shown.jobs.map((job): Row => known.get(job.seq) ?? { ...job, actions: [], isGone: true });
  return { ...fresh, jobs, next: shown.next };
}

/** How many jobs of `fresh` are not shown, except those that only moved up from the next page. */
export function countNewer({ jobs, next, query }: ListView, fresh: ListView): number {
  const shown = new Set(jobs.map(({ seq }) => seq));
  // In run order others move up whenever one is claimed: only those added since are new.
  const oldest = isInRunOrder(query) ? Math.max(0, ...shown) : next === null ? 0 : Math.min(...shown);
  return fresh.jobs.filter(({ seq }) => !shown.has(seq) && seq > oldest).length;
}

/** The fresh list, with those of `seqs` merged in that it lacks: a ticked row does not silently disappear. */
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
