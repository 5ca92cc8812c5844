/** What a caller hears of jobs that were added. */
import { QueueError } from "./errors.ts";
import type { Added } from "./roles.ts";
import type { Inserted } from "./store.ts";

/** @throws {QueueError} `duplicate_job` where a finished job has one of the ids */
export function acceptedOrThrow(inserted: readonly Inserted[]): Added[] {
  const refused = inserted.find(({ outcome }) => outcome === "refused");
  if (refused !== undefined) throw duplicate(refused, inserted.length);
  return inserted.flatMap(({ outcome, job }) => outcome === "refused" ? [] : [{ outcome, job }]);
}

function duplicate({ job: { id, status } }: Inserted, asked: number): QueueError {
  const resubmit = status === "COMPLETED" ? "" : "resubmit it, ";
  const others = asked > 1 ? " The others of this call were added." : "";
  return new QueueError(
    "duplicate_job",
    `Job "${id}" exists already and is ${status}: ${resubmit}ask for "replace", or choose another id.${others}`,
  );
}
