/** Where the jobs' files may lie: jobs write there, whoever added them, so nothing of the system's own may be below it. */
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { Settings } from "./settings.ts";
import type { SettingReader } from "./setting_reader.ts";

type Places = Pick<Settings, "startDir" | "filesDir" | "filesPrefix" | "logDir" | "queueUrl">;

const PROJECT = fileURLToPath(new URL("../../", import.meta.url));
/** What is loaded from the project, and what says how. */
const CODE = ["queue", "workers", "ui", "tests", ".git"].map((name) => join(PROJECT, name));

/** Whether `path` is `folder`, or lies anywhere below it. */
export function isWithin(path: string, folder: string): boolean {
  const below = relative(folder, path);
  return below === "" || (below !== ".." && !below.startsWith(`..${sep}`));
}

export function checkPlaces(places: Places, reader: SettingReader): void {
  const { filesPrefix, startDir, queueUrl, logDir } = places;
  if (!reader.areSound("FILES_DIR", "LOG_DIR", "QUEUE_URL")) return;
  const filesDir = realPath(places.filesDir);
  const contains = (path: string) => isWithin(realPath(path), filesDir);
  const reject = (problem: string) =>
    reader.reject("FILES_DIR", `FILES_DIR is ${filesPrefix}, ${problem}, for example FILES_DIR=data/files`);
  if (queueUrl.startsWith("sqlite:") && contains(queueUrl.slice("sqlite:".length))) {
    reject("which holds the database: jobs would write into it; choose a folder of its own");
  } else if (contains(logDir)) {
    reject(`which holds the logs of LOG_DIR: jobs would write into them; choose a folder of its own`);
  } else if (contains(PROJECT) || contains(startDir)) {
    reject(
      "which holds the settings or the code of the system: jobs would write into them; choose a folder of its own",
    );
  } else if (CODE.some((folder) => isWithin(filesDir, realPath(folder)))) {
    reject("which is a folder of the system's code: jobs would write into it; choose a folder of its own");
  }
  if (isWithin(PROJECT, realPath(logDir))) {
    reader.reject(
      "LOG_DIR",
      `LOG_DIR is ${logDir}, which holds the code of the system: handlers, which may write to the logs, could change it; ` +
        `choose a folder of its own, for example LOG_DIR=logs`,
    );
  }
}

/** Through every link, as far as the path exists and may be read. */
function realPath(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : resolve(realPath(parent), relative(parent, path));
  }
}
