/** Two hosts on one queue. */
import type { RunningSystem } from "../../support/processes/running_system.ts";

export interface Pair {
  /** Has no handlers but the sample. */
  readonly asked: RunningSystem;
  readonly other: RunningSystem;
}

interface ShownConsumer {
  readonly id: string;
  readonly state: string;
  readonly restarts: number;
}

/** The consumers of all hosts, as this one shows them. */
export async function consumersOf(system: RunningSystem): Promise<readonly ShownConsumer[]> {
  return (await (await system.api("stats")).json()).consumers;
}
