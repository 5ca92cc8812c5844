/**
 * Recent events as the page gets them: the newest event of each job represents everything that happened to it, because a
 * few failing jobs would flood the list. The job's own page has the rest.
 */
import type { Happening, RecentEvent } from "@persistent-queue/queue";

export interface LatestEvent {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly level: RecentEvent["level"];
  readonly job_id?: string;
  readonly consumer_id?: string;
  /** How many older events of this job it represents. */
  readonly earlier?: number;
  readonly what: WireHappening;
}

/** Names in snake_case, as everywhere on the wire. */
export type WireHappening =
  | Exclude<Happening, { type: "retrying" }>
  | (Omit<Extract<Happening, { type: "retrying" }>, "delayMs"> & { readonly delay_ms: number });

/** Input and output are newest first. */
export function latestEvents(events: readonly RecentEvent[]): LatestEvent[] {
  const seen = new Map<string, number>();
  const latest: RecentEvent[] = [];
  for (const event of events) {
    const before = event.jobId === null ? undefined : seen.get(event.jobId);
    if (before === undefined) latest.push(event);
    if (event.jobId !== null) seen.set(event.jobId, before === undefined ? 0 : before + 1);
  }
  return latest.map((event) => onWire(event, event.jobId === null ? 0 : seen.get(event.jobId) ?? 0));
}

function onWire({ at, level, jobId, consumerId, what }: RecentEvent, earlier: number): LatestEvent {
  return {
    at,
    level,
    ...(jobId === null ? {} : { job_id: jobId }),
    ...(consumerId === null ? {} : { consumer_id: consumerId }),
    ...(earlier === 0 ? {} : { earlier }),
    what: happeningOnWire(what),
  };
}

function happeningOnWire(what: Happening): WireHappening {
  if (what.type !== "retrying") return what;
  const { delayMs, ...rest } = what;
  return { ...rest, delay_ms: delayMs };
}
