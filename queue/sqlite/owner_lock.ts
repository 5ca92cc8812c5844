/** One supervisor per database: a lock between processes that the system frees however its holder dies. */
import { StorageError } from "../errors.ts";

export function lockAsOwner(path: string): Disposable {
  const file = Deno.openSync(`${path}.lock`, { create: true, read: true, write: true });
  try {
    if (file.tryLockSync(true)) return file;
  } catch (error) {
    file.close();
    throw error;
  }
  file.close();
  throw new StorageError(
    `The database ${path} is in use by another supervisor: stop that one first, or set QUEUE_URL to another database.`,
  );
}
