/** The error of a call that adds jobs of which some exist already and have finished. */
import { QueueError } from "../errors.ts";
import type { Added } from "../roles.ts";
import type { Refused } from "../store.ts";

/** Jobs of the call have the ids of finished jobs. The others are stored all the same. */
export class DuplicateJobs extends QueueError {
  override readonly name = "DuplicateJobs";
  /** What became of each job of the call, in their order. */
  readonly outcomes: readonly (Added | Refused)[];

  constructor(first: Refused, outcomes: readonly (Added | Refused)[]) {
    const refused = outcomes.filter(({ outcome }) => outcome === "refused").length;
    const more = refused > 1 ? ` ${refused - 1} more of this call are refused as well.` : "";
    const others = outcomes.length > refused ? " The others of this call were added." : "";
    super("duplicate_job", `${whyRefused(first)}${more}${others}`);
    this.outcomes = outcomes;
  }
}

/** A sentence. */
export function whyRefused({ job: { id, status } }: Refused): string {
  const resubmit = status === "COMPLETED" ? "" : "resubmit it, ";
  return `Job "${id}" exists already and is ${status}: ${resubmit}ask for "replace", or choose another id.`;
}
