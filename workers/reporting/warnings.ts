/** What an operator should know at once, as sentences. */
import type { Settings } from "../config.ts";
import type { ConsumerView } from "@persistent-queue/queue";

interface Condition {
  readonly stopping: boolean;
  readonly consumers: readonly ConsumerView[];
  /** The warnings about threads that cannot be ended. */
  readonly wedged: readonly string[];
  readonly sweep: { readonly lastRequeued: number };
  readonly trouble: string | null;
  /** The warnings about the storage, other files and handlers. */
  readonly storage: readonly string[];
}

export function warningsOf(
  { stopping, consumers, wedged, sweep, trouble, storage }: Condition,
  { settings, failing }: { settings: Settings; failing: boolean },
): string[] {
  const warnings: string[] = [];
  if (trouble !== null) warnings.push(trouble);
  if (stopping) return warnings;
  // What a person may have to act on at once comes before what has been so since the start.
  for (const { slot, state } of consumers) {
    if (state !== "silent") continue;
    // Without the duration, which the table of consumers shows: a screen reader would read out the sentence at each
    // change.
    warnings.push(
      `Consumer ${slot} has fallen silent. After ${
        settings.stallMs / 1000
      } s without a heartbeat its job is stalled and goes to another.`,
    );
  }
  warnings.push(...wedged);
  if (failing) {
    warnings.push(
      "Consumers keep ending soon after their start: restarts are slowed down. See logs/jobqueue.log.",
    );
  }
  warnings.push(...storage);
  if (sweep.lastRequeued > 0) {
    const jobs = sweep.lastRequeued === 1 ? "1 stalled job" : `${sweep.lastRequeued} stalled jobs`;
    warnings.push(`The last sweep returned ${jobs} to the queue.`);
  }
  warnings.push(...settings.warnings.map((warning) => `${warning}.`));
  return warnings;
}
