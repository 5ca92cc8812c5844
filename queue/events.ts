/**
 * The events of the queue, in batches. Logs, pages and the dispatcher listen; no listener can break the queue or
 * another listener.
 */
import type { Job, Lease, OperatorVerb, Status } from "./job.ts";

/** A job that was taken from a silent or dead holder. `lease` is the lease that the holder lost. */
export interface Reaped extends Lease {
  readonly id: string;
  readonly kind: string;
  readonly consumerId: string | null;
  /** The job's status after that. */
  readonly status: Status;
  /** That ended an attempt: the job did not wait for a retry. */
  readonly wasRunning: boolean;
}

export type QueueEvent =
  /** Jobs are about to enter a store that takes calls in order, so an idle consumer may claim in the same turn. */
  | { readonly type: "arriving"; readonly count: number }
  | { readonly type: "enqueued"; readonly jobs: readonly Job[] }
  | { readonly type: "claimed"; readonly count: number }
  | { readonly type: "completed"; readonly count: number }
  | {
    readonly type: "retrying";
    readonly id: string;
    readonly consumerId: string;
    /** Which attempt failed, from 1, and how many retries there are. */
    readonly attempt: number;
    readonly of: number;
    readonly delayMs: number;
    readonly error: string;
  }
  | {
    readonly type: "postponed";
    readonly id: string;
    readonly consumerId: string;
    readonly delayMs: number;
    readonly error: string;
  }
  | {
    readonly type: "exhausted";
    readonly id: string;
    readonly consumerId: string;
    readonly error: string;
    /** Which limit was reached: the retries, or the crashes. */
    readonly cause: "retries" | "crashes";
  }
  | { readonly type: "failed"; readonly id: string; readonly consumerId: string; readonly error: string }
  | {
    readonly type: "released";
    readonly id: string;
    readonly consumerId: string;
    readonly why: "stalled" | "crashed" | "released";
    readonly detail: string;
  }
  /** `freed`: how many other jobs were already released because their consumer fell silent. */
  | {
    readonly type: "swept";
    readonly requeued: readonly Reaped[];
    readonly freed: number;
    /** Why running jobs are not charged for the death of a process; null or left out: they are charged. */
    readonly excuse?: string | null;
  }
  | {
    readonly type: "moved";
    readonly verb: OperatorVerb;
    readonly id: string;
    readonly kind: string;
    readonly from: Status;
    readonly lease: Lease;
    readonly by: string;
    /** If true, one `moved-many` follows for all of them. */
    readonly isOneOfMany: boolean;
  }
  /** The end of a move of many jobs. `ended`: whether all of them were processed. */
  | {
    readonly type: "moved-many";
    readonly verb: OperatorVerb;
    readonly count: number;
    readonly by: string;
    readonly ended: "done" | "stopped" | "failed";
  }
  /** A write was dropped and counted, because its lease was lost. */
  | { readonly type: "fenced"; readonly id: string; readonly consumerId: string }
  /** Jobs of a kind without a handler are waiting. Emitted once per kind. */
  | { readonly type: "parked"; readonly kind: string }
  /** Other kinds than before are claimed here: all but these, whose handlers are broken. */
  | { readonly type: "kinds-changed"; readonly broken: ReadonlySet<string> }
  | { readonly type: "pruned"; readonly count: number }
  /** These jobs were removed; a later `pruned` counts them. */
  | { readonly type: "removed"; readonly ids: readonly string[] }
  /** After an unclean stop every job was checked; sentences name each violation. */
  | { readonly type: "verified"; readonly problems: readonly string[] }
  /** A process on another host, or an earlier one here, died or was cut off. `jobs`: how many were taken from it. */
  | { readonly type: "host-lost"; readonly host: string; readonly pid: number; readonly jobs: number }
  /** The storage has stopped working, with the reason, or works again. */
  | { readonly type: "storage"; readonly trouble: string | null }
  /** The storage works, but an operator should know this about it. Emitted when it becomes true. */
  | { readonly type: "storage-warning"; readonly warning: string }
  /** Another program (the sqlite3 command, the command line) has written to the store. */
  | { readonly type: "changed-outside" };

export type Listener = (event: QueueEvent) => void;

export class Events {
  readonly #listeners = new Set<Listener>();
  readonly #onListenerError: (error: unknown) => void;
  #revision = 0;

  constructor(onListenerError: (error: unknown) => void = console.error) {
    this.#onListenerError = onListenerError;
  }

  /** Returns the function that ends the subscription. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Grows with every change. */
  get revision(): number {
    return this.#revision;
  }

  emit(event: QueueEvent): void {
    if (event.type !== "arriving") this.#revision += 1;
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        this.#onListenerError(error);
      }
    }
  }
}
