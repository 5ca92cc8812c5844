/**
 * Ownership and mode of the database files. They hold payloads, and locking any of them, which needs only read
 * permission, blocks every write. So only the owner has access. SQLite gives its log the mode of the database.
 */
import { StorageError } from "../errors.ts";
import { PRIVATE_FILE, statOrNull } from "../basics/files.ts";

const MODE_BITS = 0o777;
const OF_DATABASE = ["", "-wal", "-shm", "-journal", ".lock", ".reserve", ".rescued", ".requests"];

/** Removes access that an earlier release or a restore gave to other users. */
export function makePrivate(path: string): void {
  for (const suffix of OF_DATABASE) tighten(path + suffix);
}

function tighten(path: string): void {
  const mode = statOrNull(path)?.mode ?? null;
  if (mode === null || (mode & MODE_BITS & ~PRIVATE_FILE) === 0) return;
  try {
    Deno.chmodSync(path, mode & PRIVATE_FILE);
  } catch {
    // The file belongs to another user; opening it will show whether it can be used.
  }
}

/**
 * A command run by another user would leave a log beside the database that the system could not write to.
 * @throws {StorageError} naming the owner
 */
export function assertOwnFile(path: string): void {
  const found = statOrNull(path);
  if (found?.mode === null || found?.mode === undefined) return;
  try {
    // Only the owner and root may do this.
    Deno.chmodSync(path, found.mode & MODE_BITS);
  } catch (error) {
    if (!(error instanceof Deno.errors.PermissionDenied)) return;
    throw new StorageError(
      `The database ${path} ${ownership(found)}: run the command as that user, or as root.`,
      { cause: error },
    );
  }
}

/** For a database that cannot be opened or written: what to do, and who owns each of its files. */
export function whoMayWrite(path: string): string {
  const folder = path.replace(/[^/]*$/, "") || ".";
  const files = [path, `${path}-wal`, `${path}-shm`, `${path}.lock`, folder].flatMap((file) => {
    const found = statIfAllowed(file);
    return found === null ? [] : [`${file} ${ownership(found)}`];
  });
  return `make them readable and writable for the user of the system (chown, chmod), or start it as their owner: ${
    files.join("; ")
  }`;
}

/** Null also if this user may not enter the folder. */
function statIfAllowed(path: string): Deno.FileInfo | null {
  try {
    return statOrNull(path);
  } catch {
    return null;
  }
}

function ownership({ uid, mode }: Deno.FileInfo): string {
  return `belongs to user ${uid ?? "unknown"} (mode ${
    ((mode ?? 0) & MODE_BITS).toString(8).padStart(4, "0")
  })`;
}
