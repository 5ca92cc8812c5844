/** The options of a queue with their defaults, which the settings reuse, and the parts that its roles share. */
import type { ClockRollback } from "./policy/clock_rollback.ts";
import { DAY_MS } from "./basics/time.ts";
import type { Events } from "./events.ts";
import type { StorageHealth } from "./health.ts";
import type { Policy } from "./policy/policy.ts";
import type { Store } from "./store.ts";
import type { RunTimeTotals, Totals } from "./inspecting/counters.ts";
import { DEFAULT_KIND } from "./adding/check_job.ts";

export interface QueueOptions extends Policy {
  /** The kinds that this process has handlers for, or that a program may add; empty: those that running hosts announce. */
  readonly kinds: readonly string[];
  /** Where the handlers are; only used in messages. Null: a program that has none. */
  readonly handlersDir: string | null;
  /** A job with an older heartbeat is stalled, in milliseconds. */
  readonly stallMs: number;
  /** How long finished jobs are kept, in milliseconds; 0 = for ever. */
  readonly retentionMs: number;
  /** The path of the `RequestRecord`; null: no record is kept. */
  readonly requestRecord?: string | null;
  /** It was opened beside a system that may be running, whose kinds count then. */
  readonly isGuest?: boolean;
  /** The version of the program, stored in the row of its process. */
  readonly version: string;
}

/** What the roles of one queue share. */
export interface QueueParts {
  readonly store: Store;
  readonly options: QueueOptions;
  readonly clock: ClockRollback;
  readonly events: Events;
  readonly health: StorageHealth;
  readonly totals: Totals;
  readonly runTimes: RunTimeTotals;
}

export const QUEUE_DEFAULTS = {
  /** Three retries, about seven seconds in all. */
  retryDelaysMs: [1_000, 2_000, 4_000],
  crashLimit: 3,
  kinds: [DEFAULT_KIND],
  handlersDir: "workers/handlers",
  stallMs: 30_000,
  retentionMs: 7 * DAY_MS,
  version: "",
} as const satisfies QueueOptions;

/** A program that adds jobs has no handlers of its own: the system beside it knows the kinds. */
export const GUEST_DEFAULTS = {
  ...QUEUE_DEFAULTS,
  kinds: [],
  handlersDir: null,
} as const satisfies QueueOptions;
