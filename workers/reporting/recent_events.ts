/** The latest events that matter to an operator, as data for the Ops page. */
import type { Happening, QueueEvent, RecentEvent } from "@persistent-queue/queue";
import { withoutPlace } from "../thread/error_report.ts";
import type { SystemEvent } from "./log_lines.ts";

const MAX_EVENTS = 50;
/** Limit for all events as JSON, since each reader gets them at every change. Ids are never cut: they link to jobs. */
const MAX_CHARACTERS = 30_000;
/** Limit for each text in an event. */
const MAX_TEXT_LENGTH = 300;
/** The most jobs of one sweep that get an event each; beyond that, only the number is kept. */
const MAX_REAPED = 10;

interface Kept {
  readonly event: RecentEvent;
  readonly characters: number;
}

export class RecentEvents {
  readonly #now: () => number;
  readonly #kept: Kept[] = [];
  #characters = 0;

  /** `now`: milliseconds since 1970. */
  constructor(now: () => number) {
    this.#now = now;
  }

  add(happened: QueueEvent | SystemEvent): void {
    for (const event of noteworthy(happened)) this.#keep({ at: this.#now(), ...event });
  }

  /** Newest first. */
  list(): readonly RecentEvent[] {
    return this.#kept.map(({ event }) => event);
  }

  #keep(event: RecentEvent): void {
    const { length: characters } = JSON.stringify(event);
    this.#kept.unshift({ event, characters });
    this.#characters += characters;
    while (this.#kept.length > MAX_EVENTS || this.#characters > MAX_CHARACTERS) {
      this.#characters -= this.#kept.pop()?.characters ?? 0;
    }
  }
}

type Noteworthy = Omit<RecentEvent, "at">;

function noteworthy(event: QueueEvent | SystemEvent): Noteworthy[] {
  switch (event.type) {
    case "retrying": {
      const { type, id, attempt, of, delayMs, error } = event;
      return [ofJob(id, { type, attempt, of, delayMs, error: short(withoutPlace(error)) })];
    }
    case "exhausted":
      return [
        ofJob(event.id, { type: event.type, cause: event.cause, error: short(withoutPlace(event.error)) }),
      ];
    case "failed":
      return [ofJob(event.id, { type: event.type, error: short(withoutPlace(event.error)) })];
    case "released":
      // A stop returns jobs by design.
      return event.why === "released"
        ? []
        : [ofJob(event.id, { type: event.type, detail: short(event.detail) })];
    case "swept":
      return ofSweep(event);
    case "fenced":
      return [ofJob(event.id, { type: event.type })];
    case "moved": {
      const { type, id, verb, by } = event;
      return event.isOneOfMany ? [] : [{ ...ofJob(id, { type, verb, by: short(by) }), level: "info" }];
    }
    case "moved-many":
      return [{ ...ofSystem({ ...event, by: short(event.by) }), level: "info" }];
    case "parked":
    case "host-lost":
      return [ofSystem(event)];
    case "verified": {
      const [problem, ...others] = event.problems;
      if (problem === undefined) return [];
      return [ofSystem({ type: event.type, problem: short(problem), others: others.length })];
    }
    case "storage":
      return event.trouble === null
        ? [{ ...ofSystem(event), level: "info" }]
        : [ofSystem({ ...event, trouble: short(event.trouble) })];
    case "restarted":
    case "provoked":
    case "notice":
      return [ofSystemEvent(event)];
    default:
      return [];
  }
}

function ofSweep({ excuse, requeued }: Extract<QueueEvent, { type: "swept" }>): Noteworthy[] {
  const excused = excuse ? [ofSystem({ type: "excused", why: short(excuse) })] : [];
  if (requeued.length > MAX_REAPED) {
    return [...excused, ofSystem({ type: "reaped-many", count: requeued.length })];
  }
  return [...excused, ...requeued.map(({ id, status }) => ofJob(id, { type: "reaped", status }))];
}

function ofSystemEvent(event: SystemEvent): Noteworthy {
  switch (event.type) {
    case "restarted": {
      const { type, role, id, why } = event;
      return { ...ofSystem({ type, role, why: short(why) }), consumerId: id };
    }
    case "provoked": {
      const { type, consumerId, how, by } = event;
      return { ...ofSystem({ type, how, by: short(by) }), level: "info", consumerId };
    }
    case "notice": {
      const level = event.level === "warn" ? "warning" : event.level;
      return { ...ofSystem({ type: event.type, text: short(event.text) }), level };
    }
  }
}

function ofJob(jobId: string, what: Happening): Noteworthy {
  return { level: "warning", jobId, consumerId: null, what };
}

function ofSystem(what: Happening): Noteworthy {
  return { level: "warning", jobId: null, consumerId: null, what };
}

/** Cuts a long text; the page of the job, or the log, has all of it. */
function short(text: string): string {
  return text.length <= MAX_TEXT_LENGTH ? text : `${text.slice(0, MAX_TEXT_LENGTH).toWellFormed()}…`;
}
