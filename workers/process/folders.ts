/**
 * The places that the system writes to: folders, created if missing and tested before anything relies on them, and the
 * options of the queue, which follow from the settings.
 */
import {
  DAY_MS,
  messageOf,
  type OpenOptions,
  PRIVATE_FILE,
  PRIVATE_FOLDER,
  StorageError,
  whyClosed,
} from "@persistent-queue/queue";
import type { Settings } from "../config.ts";
import { databaseOf } from "../config/queue_place.ts";
import { isOwnLog } from "../log.ts";
import { handlersOf } from "./handler_project.ts";

/** @throws {StorageError} naming the folder, and the setting that chooses it */
export function prepareFolders({ filesDir, logDir }: Pick<Settings, "filesDir" | "logDir">): void {
  prepare(filesDir, "FILES_DIR");
  prepare(logDir, "LOG_DIR");
  makeLogsPrivate(logDir);
}

/** Every user of the machine could read the logs of an earlier release. */
function makeLogsPrivate(folder: string): void {
  for (const { name, isFile } of Deno.readDirSync(folder)) {
    if (!isFile || !isOwnLog(name)) continue;
    try {
      Deno.chmodSync(`${folder}/${name}`, PRIVATE_FILE);
    } catch {
      // It belongs to another user, or was just rotated away.
    }
  }
}

/** The path of a state file beside the database, or in the log folder if the database is not a file. */
export function stateFile(settings: Pick<Settings, "queueUrl" | "logDir">, name: string): string {
  const database = databaseOf(settings);
  return database === null ? `${settings.logDir}/${name}` : `${database}.${name}`;
}

/** The options of the queue that follow from the settings. */
export function queueOptions(settings: Settings): OpenOptions {
  const { retryDelaysMs, crashLimit, stallMs, retentionDays } = settings;
  const { kinds, handlersDir } = handlersOf(settings);
  return {
    ...{ kinds, handlersDir, retryDelaysMs, crashLimit, stallMs, retentionMs: retentionDays * DAY_MS },
    requestRecord: stateFile(settings, "requests"),
  };
}

function prepare(folder: string, setting: string): void {
  const probe = `${folder}/.writable-${crypto.randomUUID()}`;
  try {
    Deno.mkdirSync(folder, { recursive: true, mode: PRIVATE_FOLDER });
    Deno.writeTextFileSync(probe, "");
    Deno.removeSync(probe);
  } catch (error) {
    const advice = `make it writable, or choose another folder with ${setting}`;
    throw new StorageError(
      `Cannot write in the folder ${folder}: ${advice} (${whyClosed(error) ?? messageOf(error)}).`,
      {
        cause: error,
      },
    );
  }
}
