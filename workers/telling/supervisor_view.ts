/** How everything is that the supervisor keeps running, as the pages show it. */
import type { RecentEvent } from "@persistent-queue/queue";
import type { ConsumerView } from "../places/consumer_place.ts";

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
