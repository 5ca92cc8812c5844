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
    const others = outcomes.filter((one) => one.outcome !== "refused");
    const refused = outcomes.length - others.length;
    const more = refused > 1 ? ` ${refused - 1} more of this call are refused as well.` : "";
    super("duplicate_job", `${whyRefused(first)}${more}${whatBecameOf(others)}`);
    this.outcomes = outcomes;
  }
}

/** A sentence. */
export function whyRefused({ job: { id, status } }: Refused): string {
  const resubmit = status === "COMPLETED" ? "" : "resubmit it, ";
  return `Job "${id}" exists already and is ${status}: ${resubmit}ask for "replace", or choose another id.`;
}

/** A sentence with a space before it, or nothing: what was sent under an id that waits or runs is not in the queue. */
function whatBecameOf(others: readonly Added[]): string {
  if (others.length === 0) return "";
  const waiting = others.filter(({ outcome }) => outcome === "waiting").length;
  if (waiting === 0) return " The others of this call were added.";
  const differing = others.filter(({ differs }) => differs).length;
  const unlike = differing > 0 ? `, ${differing} of them with another payload or kind` : "";
  const added = others.length - waiting;
  return ` Of the others of this call, ${added} ${
    added === 1 ? "was" : "were"
  } added; ${waiting} already waited or ran and ${waiting === 1 ? "is" : "are"} unchanged${unlike}.`;
}
