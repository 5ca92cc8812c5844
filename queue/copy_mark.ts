/**
 * Marks a queue that is an incomplete copy. The mark is set before the first job is copied, and removed once the copy
 * is found to equal its source, so that no supervisor mistakes a part of a queue for all of it.
 */
import { StorageError } from "./errors.ts";
import type { Facts } from "./facts.ts";

export interface CopyMark {
  isSet(): Promise<boolean>;
  /** False: it was already set. */
  set(): Promise<boolean>;
  remove(): Promise<void>;
}

/** A passing error: when the copy ends, the queue is complete, and a start that has waited goes on. */
export class UnfinishedCopy extends StorageError {
  constructor() {
    super(
      'The queue is a copy that is not complete: let "jobs move" end, or run the same command again, which goes on where it stopped; if the copy is not wanted any more, set QUEUE_URL to the queue that was copied.',
      { passing: true, publicMessage: "The queue is a copy that is not complete." },
    );
  }
}

/** The part of a store that this needs. */
interface MarkedStore {
  readonly copyMark: CopyMark;
}

/** @throws {UnfinishedCopy} */
export async function assertNoUnfinishedCopy({ copyMark }: MarkedStore): Promise<void> {
  if (await copyMark.isSet()) throw new UnfinishedCopy();
}

const [REALM, KEY] = ["copy", "unfinished"];

/** On a backend whose processes share facts, the mark is one of the facts. */
export function copyMarkAmong(facts: Facts): CopyMark {
  return {
    isSet: async () => (await facts.list(REALM)).some(({ key }) => key === KEY),
    set: () => facts.put({ realm: REALM, key: KEY, text: "", livesMs: Infinity }, null),
    remove: () => facts.remove(REALM, KEY),
  };
}
