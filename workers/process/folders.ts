/** The folders that the system writes to: made where they are missing, tried before anything relies on them. */
import { messageOf, StorageError } from "@persistent-queue/queue";
import type { Settings } from "../config.ts";

/** @throws {StorageError} naming the folder, and the setting that chooses it */
export function prepareFolders({ filesDir, logDir }: Pick<Settings, "filesDir" | "logDir">): void {
  prepare(filesDir, "FILES_DIR");
  prepare(logDir, "LOG_DIR");
}

/** A file of our own beside the database; in the folder of the logs where that is not a file. */
export function stateFile({ queueUrl, logDir }: Pick<Settings, "queueUrl" | "logDir">, name: string): string {
  return queueUrl.startsWith("sqlite:") ? `${queueUrl.slice("sqlite:".length)}.${name}` : `${logDir}/${name}`;
}

function prepare(folder: string, setting: string): void {
  const probe = `${folder}/.writable-${crypto.randomUUID()}`;
  try {
    Deno.mkdirSync(folder, { recursive: true });
    Deno.writeTextFileSync(probe, "");
    Deno.removeSync(probe);
  } catch (error) {
    const advice = `make it writable, or choose another folder with ${setting}`;
    throw new StorageError(`Cannot write in the folder ${folder}: ${advice} (${messageOf(error)}).`, {
      cause: error,
    });
  }
}
