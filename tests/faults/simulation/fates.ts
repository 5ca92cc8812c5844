/** What may happen to a write on its way to the storage and back. */
import { StorageError } from "../../../queue/errors.ts";
import type { WriteVerb } from "./auditor.ts";

export interface Write {
  readonly verb: WriteVerb;
  readonly work: () => unknown;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly since: number;
}

const OF_ANY = ["unknown error", "error after commit", "crash after commit"] as const;

/** What may happen to the next write of a verb. */
export const FATES = {
  ofFile: OF_ANY,
  // The request is lost; or it takes effect after its caller has given up; or its answer is late.
  ofServer: [...OF_ANY, "lost request", "late effect", "late answer"],
} as const;

export type Fate = typeof FATES.ofServer[number];

export function passing(misfortune: string): StorageError {
  return new StorageError(`Misfortune: ${misfortune}.`, { passing: true });
}
