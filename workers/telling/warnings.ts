/** What a person should know at once, in sentences. */
import type { Settings } from "../config.ts";
import type { ConsumerView } from "../places/consumer_place.ts";

interface Condition {
  readonly stopping: boolean;
  readonly consumers: readonly ConsumerView[];
  /** Of threads that cannot be ended. */
  readonly wedged: readonly string[];
  readonly sweep: { readonly lastRequeued: number };
  readonly trouble: string | null;
  /** Of the storage. */
  readonly storage: readonly string[];
}

/** Heartbeats missed in a row before anybody is alarmed. */
const MISSED_HEARTBEATS = 3;

export function warningsOf(
  { stopping, consumers, wedged, sweep, trouble, storage }: Condition,
  { settings, failing }: { settings: Settings; failing: boolean },
): string[] {
  const warnings: string[] = [];
  if (trouble !== null) warnings.push(trouble);
  if (stopping) return warnings;
  warnings.push(...storage);
  const worryingMs = Math.max(settings.heartbeatMs * MISSED_HEARTBEATS, 1000);
  for (const { slot, heartbeatAgeMs } of consumers) {
    if (heartbeatAgeMs === null || heartbeatAgeMs < worryingMs) continue;
    warnings.push(
      `Consumer ${slot} has been silent for ${Math.round(heartbeatAgeMs / 1000)} s. After ${
        settings.stallMs / 1000
      } s its job is stalled and goes to another.`,
    );
  }
  warnings.push(...wedged);
  if (failing) {
    warnings.push(
      "Consumers keep ending soon after their start: restarts are slowed down. See logs/jobqueue.log.",
    );
  }
  if (sweep.lastRequeued > 0) {
    const jobs = sweep.lastRequeued === 1 ? "1 stalled job" : `${sweep.lastRequeued} stalled jobs`;
    warnings.push(`The last sweep returned ${jobs} to the queue.`);
  }
  warnings.push(...settings.warnings.map((warning) => `${warning}.`));
  return warnings;
}
