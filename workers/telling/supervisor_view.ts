/** The state of everything that the supervisor keeps running, as the pages show it. */
import type { RecentEvent } from "@persistent-queue/queue";

export type ConsumerState =
  | "starting"
  | "idle"
  | "working"
  | "waiting"
  | "silent"
  | "restarting";

export interface ConsumerView {
  readonly id: string;
  readonly slot: number;
  readonly state: ConsumerState;
  readonly jobId: string | null;
  readonly jobMs: number;
  readonly waiting: number;
  readonly heartbeatAgeMs: number | null;
  readonly done: number;
  readonly failed: number;
  readonly restarts: number;
}

export interface SupervisorView {
  readonly startedAt: number;
  readonly starting: boolean;
  readonly stopping: boolean;
  readonly consumers: readonly ConsumerView[];
  readonly wedged: number;
  readonly sweep: { readonly lastAt: number | null; readonly lastRequeued: number };
  readonly producing: boolean;
  readonly warnings: readonly string[];
  readonly events: readonly RecentEvent[];
  readonly trouble: string | null;
  readonly memoryBytes: number;
}
