/** Files of this system: who may read them, and two calls that tolerate a missing file. */

/** Only the owner may read and write: jobs, logs and login data are no business of other users. */
export const PRIVATE_FILE = 0o600;
export const PRIVATE_FOLDER = 0o700;

/**
 * For a place in /dev or /proc; null for any other error. The runtime's own words advise to run with every permission,
 * which would open the whole machine to handlers.
 */
export function whyClosed(error: unknown): string | null {
  return error instanceof Deno.errors.NotCapable
    ? "a program with few permissions opens no file there"
    : null;
}

export function statOrNull(path: string): Deno.FileInfo | null {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

export function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
