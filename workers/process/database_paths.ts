/** The files of the database, and what this system keeps beside it. */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { isWithin, realPath } from "../config/place_rules.ts";
import { databaseOf } from "../config/queue_place.ts";
import type { Settings } from "../config.ts";
import { projectFolder } from "./handler_project.ts";

const OF_QUEUE = [
  "",
  "-wal",
  "-shm",
  "-journal",
  ".lock",
  ".new",
  ".new-journal",
  ".reserve",
  ".reserve.new",
];
const OF_RESCUE = ["", ".part", ".part-journal", ".part-wal", ".part-shm"].map((suffix) =>
  `.rescued${suffix}`
);
const OF_PAGES = [
  ".requests",
  ".sessions",
  ".sessions.next",
  ".ops-sessions",
  ".ops-sessions.next",
  ".device-key",
];

/** Those of a queue on SQLite, as the setting spells them, and without links. */
export function databaseFiles(settings: Settings): string[] {
  const path = databaseOf(settings);
  if (path === null) return [];
  const suffixes = [...OF_QUEUE, ...OF_RESCUE, ...OF_PAGES];
  return spellingsOf(path).flatMap((spelling) => suffixes.map((suffix) => spelling + suffix));
}

/** What the process needs for them: their folder, or only the files if the code is in that folder, too. */
export function databasePaths(settings: Settings, mainUrl: string): string[] {
  const path = databaseOf(settings);
  if (path === null) return [];
  const { startDir, handlersDir } = settings;
  const project = projectFolder(handlersDir)?.path ?? startDir;
  const code = [realPath(startDir), dirname(realPath(fileURLToPath(mainUrl))), project];
  const isBesideCode = code.some((folder) => isWithin(folder, dirname(realPath(path))));
  return isBesideCode ? databaseFiles(settings) : spellingsOf(path).map(dirname);
}

function spellingsOf(path: string): string[] {
  return [...new Set([path, realPath(path)])];
}
