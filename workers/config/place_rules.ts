/**
 * Which folders may hold files written at run time. Jobs write to FILES_DIR and LOG_DIR, and a handler that can write
 * code or settings decides what runs at the next start. So neither folder may contain the system's own files, or lie
 * within a folder that does.
 */
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { databaseOf } from "./queue_place.ts";
import { SETTINGS, type Settings } from "./settings.ts";
import type { SettingReader } from "./setting_reader.ts";

type Places = Pick<
  Settings,
  "startDir" | "filesDir" | "filesPrefix" | "logDir" | "queueUrl" | "handlersDir"
>;

const PROJECT = fileURLToPath(new URL("../../", import.meta.url));
/** What is loaded from the project or run in it, and the files that configure that. */
const CODE = ["queue", "workers", "ui", "tests", "node_modules", "dist", ".git", ".ci", ".github"]
  .map((name) => join(PROJECT, name));

/** Whether `path` is `folder`, or lies below it. */
export function isWithin(path: string, folder: string): boolean {
  const below = relative(folder, path);
  return below === "" || (below !== ".." && !below.startsWith(`..${sep}`));
}

export function checkPlaces(places: Places, reader: SettingReader): void {
  if (!reader.areSound("FILES_DIR", "LOG_DIR", "QUEUE_URL", "HANDLERS_DIR")) return;
  const { filesPrefix, filesDir, logDir } = places;
  const filesProblem = problemOf(filesDir, places) ?? problemWithLogs(filesDir, logDir);
  if (filesProblem !== null) {
    reader.reject(
      "FILES_DIR",
      `FILES_DIR is ${filesPrefix}, ${filesProblem}, for example FILES_DIR=${SETTINGS.filesPrefix.defaultText}`,
    );
  }
  const logProblem = problemOf(logDir, places);
  if (logProblem !== null) {
    reader.reject(
      "LOG_DIR",
      `LOG_DIR is ${logDir}, ${logProblem}, for example LOG_DIR=${SETTINGS.logDir.defaultText}`,
    );
  }
  const database = databaseOf(places);
  if (database !== null && isFolder(database, places)) {
    reader.reject(
      "QUEUE_URL",
      `QUEUE_URL is sqlite:${database}, which is a folder: name a file in it, ` +
        `for example QUEUE_URL=${SETTINGS.queueUrl.defaultText}`,
    );
  }
  if (database !== null && isInCode(realPath(database), places)) {
    reader.reject(
      "QUEUE_URL",
      `QUEUE_URL is sqlite:${database}, which lies in a folder of code: give the database its own folder, ` +
        `for example QUEUE_URL=${SETTINGS.queueUrl.defaultText}`,
    );
  }
}

/** Whether the path is a folder, or becomes one when the folders of the settings are made. */
function isFolder(path: string, { filesDir, logDir }: Places): boolean {
  if ([filesDir, logDir].some((folder) => isWithin(dirname(realPath(folder)), realPath(path)))) return true;
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

/**
 * Why a copy of the queue must not lie at `path`; null if it may. Handlers can read these folders, and with it every payload.
 * `project`: the folder of a team's own handlers and what they import.
 */
export function problemOfCopy(path: string, places: Places, project: string | null): string | null {
  const { startDir, filesDir, logDir } = places;
  const place = join(realPath(dirname(resolve(startDir, path))), basename(path));
  const setting = isWithin(place, realPath(filesDir))
    ? "in FILES_DIR"
    : isWithin(place, realPath(logDir))
    ? "in LOG_DIR"
    : isInCode(place, places)
    ? "in a folder of code"
    : project !== null && isWithin(place, project) && !isBesideDatabase(place, places, project)
    ? "in the project of the handlers"
    : null;
  return setting === null
    ? null
    : `${path} lies ${setting}, where handlers can read every payload in the copy: choose another place.`;
}

/** In the folder of the database, which handlers cannot open, unless it holds their project as well. */
function isBesideDatabase(place: string, places: Places, project: string): boolean {
  const database = databaseOf(places);
  if (database === null) return false;
  const folder = dirname(realPath(database));
  return isWithin(place, folder) && !isWithin(project, folder);
}

const ADVICE = "jobs would write into it; choose a folder of its own";

/** Why jobs may not write to `folder`; null if they may. */
function problemOf(folder: string, places: Places): string | null {
  const { startDir, handlersDir } = places;
  const place = realPath(folder);
  const contains = (path: string) => isWithin(realPath(path), place);
  const database = databaseOf(places);
  if (database !== null && contains(database)) return `which holds the database: ${ADVICE}`;
  if ([PROJECT, startDir, ...handlersDir === null ? [] : [handlersDir]].some(contains)) {
    return `which holds the settings or the code of the system: ${ADVICE}`;
  }
  if (isInCode(place, places)) return `which is a folder of code: ${ADVICE}`;
  // Permissions apply to the path of the file, and a job could rename a folder above it.
  if (contains(join(startDir, ".env"))) return `which holds the file that .env is a link to: ${ADVICE}`;
  return null;
}

function problemWithLogs(filesDir: string, logDir: string): string | null {
  return isWithin(realPath(logDir), realPath(filesDir)) ? `which holds the logs of LOG_DIR: ${ADVICE}` : null;
}

function isInCode(place: string, { handlersDir }: Places): boolean {
  return [...CODE, ...handlersDir === null ? [] : [handlersDir]].some((folder) =>
    isWithin(place, realPath(folder))
  );
}

/** Resolves every link, as far as the path exists and may be read. */
export function realPath(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : resolve(realPath(parent), relative(parent, path));
  }
}
