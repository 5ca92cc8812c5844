/** The data of the pages: the server renders it, the browser fetches it again as it changes. */
import type { Status } from "@persistent-queue/queue";
import type { WireConsumer, WireHost } from "../api/hosts.ts";
import type { attemptOnWire, historyOnWire, jobOnWire } from "../api/serializers.ts";
import type { ListQuery } from "./list_query.ts";

export type WireJob = ReturnType<typeof jobOnWire>;
export type WireHistory = ReturnType<typeof historyOnWire>;
type WireAttempt = ReturnType<typeof attemptOnWire>;

/** Common to every page. `now`: milliseconds since 1970 by the server's clock, so ages do not depend on the reader's. */
interface BaseView {
  readonly now: number;
  /** Sentences about what is wrong with the system. */
  readonly warnings: readonly string[];
  readonly batches: readonly BatchView[];
}

/** A job in a list, without its values. */
export interface Row extends WireJob {
  /** The beginning of it. */
  readonly error: string | null;
  /** The beginning of its payload; null: it has none. */
  readonly preview: string | null;
  /** Shown only because the rows hold still: the job no longer exists. */
  readonly isGone?: true;
}

export interface ListView extends BaseView {
  readonly page: "list";
  readonly query: ListQuery;
  readonly jobs: readonly Row[];
  /** The cursor of the next page, or null. */
  readonly next: string | null;
  readonly counts: Readonly<Record<Status, number>>;
  readonly stalled: number;
  /** Waiting jobs that no handler can run, as far as they are counted. */
  readonly parked: number;
  readonly kinds: readonly string[];
  /** Jobs outside the list that the reader holds on to, in their current state; only if requested. */
  readonly kept?: readonly Row[];
}

/** A bulk move. */
export interface BatchView {
  readonly number: number;
  readonly sentence: string;
  readonly state: "running" | "stopping" | "done" | "failed";
}

export interface JobView extends BaseView {
  readonly page: "job";
  /** The list from which the reader came. */
  readonly from: ListQuery;
  readonly job: WireJob;
  /** The host of the job's consumer; null: the consumer is gone, or there is only one host. */
  readonly host: string | null;
  /** Null: there is none. */
  readonly payload: ValueView | null;
  /** Null: there is none (yet), or it was dropped. */
  readonly result: ValueView | null;
  readonly history: readonly WireHistory[];
  /** The latest ones, oldest first; long texts are shortened. */
  readonly attempts: readonly AttemptView[];
  readonly earlierAttempts: number;
  /** The job no longer exists: this is its last known state. */
  readonly isGone?: true;
}

export interface AttemptView extends Omit<WireAttempt, "attempt"> {
  readonly number: number;
}

/** A value as indented JSON, shortened if it is very long. */
export interface ValueView {
  readonly text: string;
  readonly isCut: boolean;
}

export interface ConsumersView extends BaseView {
  readonly page: "consumers";
  readonly consumers: readonly WireConsumer[];
  /** Their hosts; empty on a backend for one host. */
  readonly hosts: readonly WireHost[];
  /** The name of the host that the page comes from; null on a backend for one host. */
  readonly thisHost: string | null;
  readonly wedged: number;
  /** Whether people may crash or hang a consumer. */
  readonly canInject: boolean;
}

export type View = ListView | JobView | ConsumersView;

/** The result of an action. */
export interface Note {
  readonly tone: "good" | "warning" | "danger";
  readonly text: string;
  readonly undo?: Undo;
}

/** The canceled jobs that a resubmit would restore to their previous state. */
export interface Undo {
  /** Not empty. */
  readonly ids: readonly string[];
  /** Whether these are all that were canceled: the others had failed. */
  readonly isAll: boolean;
}

/** What only the browser knows; the server renders the page with `initialLiveness`. */
export interface Liveness {
  /** Milliseconds since 1970 by the server's clock. It stands still while the server does not answer. */
  readonly now: number;
  /** What has just happened, for `role="status"`. */
  readonly note: Note | null;
  readonly isConnected: boolean;
  /** How old what is shown is, in milliseconds, while the server does not answer; null: it is kept up to date. */
  readonly staleMs: number | null;
  /** The session is over, and nothing of the queue is shown any more. */
  readonly isLoggedOut: boolean;
  /** How many rows are ticked, and for how many of them each action is legal. */
  readonly picked: { readonly all: number; readonly resubmit: number; readonly cancel: number };
  /** Jobs of the list that are not shown, because the rows hold still. */
  readonly newer: number;
}
