/** Adds jobs. Many or large jobs are spread over several turns, so that other work runs in between. */
import { mapInTurns, yieldToEventLoop } from "../basics/time.ts";
import { checkJob, DEFAULT_KIND } from "./check_job.ts";
import { DuplicateJobs } from "./duplicate_jobs.ts";
import type { QueueOptions, QueueParts } from "../options.ts";
import type { Added, Enqueuer, Inspector, JobRequest } from "../roles.ts";
import type { NewJob, Refused } from "../store.ts";

/** The most that one turn adds: a few milliseconds. */
const MAX_JOBS = 1_000;
const MAX_CHARACTERS = 256 * 1024;
/** The shortest time between two pauses: each costs about 6 ms, in which a bulk insert makes no progress. */
const BETWEEN_PAUSES_MS = 30;
/** This many jobs are checked without a pause, so that adding a single job is not delayed. */
const FEW_JOBS = 8;

interface Hosts extends Pick<Inspector, "kinds" | "kindsByNow"> {
  /** Whether `kinds` is up to date. */
  readonly hasLooked: boolean;
  readonly includesOwnKinds: boolean;
}

export class Adding implements Enqueuer {
  readonly #parts: QueueParts;
  readonly #hosts: Hosts;

  constructor(parts: QueueParts, hosts: Hosts) {
    this.#parts = parts;
    this.#hosts = hosts;
  }

  async add(requests: readonly JobRequest[], by?: string): Promise<Added[]> {
    const { options, store, clock } = this.#parts;
    clock.observe();
    // The kinds of a running system are its own; only a command or a program asks first which ones there are.
    const rules = !options.isGuest && areKnown(options.kinds, requests)
      ? options
      : await this.#rules(requests);
    const given = { ...rules, by, now: store.now() };
    const jobs = requests.length <= FEW_JOBS
      ? requests.map((request) => checkJob(request, given))
      : await mapInTurns(requests, (request) => checkJob(request, given));
    return addedOrThrow(await this.#insertInTurns(jobs));
  }

  /** A job may be of a kind that only another host knows, even one that started a moment ago. */
  async #rules(requests: readonly JobRequest[]): Promise<Pick<QueueOptions, "kinds" | "handlersDir">> {
    const { hasLooked, kinds: seen } = this.#hosts;
    const kinds = hasLooked && areKnown(seen, requests) ? seen : await this.#hosts.kindsByNow();
    return { kinds, handlersDir: this.#hosts.includesOwnKinds ? this.#parts.options.handlersDir : null };
  }

  async #insertInTurns(jobs: readonly NewJob[]): Promise<(Added | Refused)[]> {
    const inserted: (Added | Refused)[] = [];
    let since = performance.now();
    while (inserted.length < jobs.length) {
      if (performance.now() - since > BETWEEN_PAUSES_MS) {
        await yieldToEventLoop();
        since = performance.now();
      }
      for (const one of await this.#insert(nextBatch(jobs, inserted.length))) inserted.push(one);
    }
    return inserted;
  }

  async #insert(jobs: readonly NewJob[]): Promise<(Added | Refused)[]> {
    const { store, events, health } = this.#parts;
    const stored = health.observe(store.insert(jobs));
    if (store.takesCallsInOrder) events.emit({ type: "arriving", count: jobs.length });
    const inserted = await stored;
    const fresh = inserted.filter(({ outcome }) => outcome === "added" || outcome === "replaced");
    if (fresh.length > 0) events.emit({ type: "enqueued", jobs: fresh.map(({ job }) => job) });
    return inserted;
  }
}

function areKnown(kinds: readonly string[], requests: readonly JobRequest[]): boolean {
  const known = new Set(kinds);
  return requests.every(({ kind }) => known.has(kind ?? DEFAULT_KIND));
}

function nextBatch(jobs: readonly NewJob[], from: number): readonly NewJob[] {
  let to = from;
  for (let characters = 0; to < jobs.length && to - from < MAX_JOBS; to++) {
    const { id, payload } = jobs[to] as NewJob;
    characters += id.length + payload.length;
    if (to > from && characters > MAX_CHARACTERS) break;
  }
  return jobs.slice(from, to);
}

function addedOrThrow(outcomes: readonly (Added | Refused)[]): Added[] {
  return outcomes.map((one) => {
    if (one.outcome === "refused") throw new DuplicateJobs(one, outcomes);
    return one;
  });
}
