/** What the machine has, as far as this process may ask, and whether it has what the settings need. */
import { dirname } from "node:path";
import process from "node:process";
import { isInMemory } from "@persistent-queue/queue";
import { ConfigurationError, type MachineFacts, type Settings } from "../config.ts";
import { databaseOf } from "../config/queue_place.ts";
import { RESERVE } from "../slots/open_files_watch.ts";

const MB = 1_048_576;
/** A thread with its log takes seven or eight. */
const FILES_PER_CONSUMER = 8;
/** For the database, the pages and their connections, and a reserve. */
const OTHER_FILES = 60 + RESERVE;

/** @throws {ConfigurationError} if there are too few; otherwise threads would fail one by one later, each with a crash */
export function assertEnoughFiles({ consumers, logDir }: Pick<Settings, "consumers" | "logDir">): void {
  const wanted = consumers * FILES_PER_CONSUMER + OTHER_FILES;
  const opened: Deno.FsFile[] = [];
  const probe = `${logDir}/.files-${crypto.randomUUID()}`;
  try {
    for (let n = 0; n < wanted; n++) opened.push(Deno.openSync(probe, { write: true, create: true }));
  } catch {
    const most = Math.max(1, Math.floor((opened.length - OTHER_FILES) / FILES_PER_CONSUMER));
    throw new ConfigurationError([
      `CONSUMERS is ${consumers}, which takes some ${wanted} open files, but this process may open ${opened.length}: ` +
      `raise the limit (ulimit -n, LimitNOFILE= of systemd), or set CONSUMERS=${most}`,
    ]);
  } finally {
    for (const file of opened) file.close();
    if (opened.length > 0) Deno.removeSync(probe);
  }
}

export function machineFacts(settings: Pick<Settings, "queueUrl">): MachineFacts {
  const database = databaseOf(settings);
  return {
    memoryMb: mayAskForMemory() ? memoryMb() : null,
    databaseIsInMemory: database === null ? null : isInMemory(dirname(database)),
  };
}

function mayAskForMemory(): boolean {
  return Deno.permissions.querySync({ name: "sys", kind: "systemMemoryInfo" }).state === "granted";
}

/** The lower of the machine's memory and the container's limit: without a limit, a container reports a huge number. */
function memoryMb(): number {
  const limit = process.constrainedMemory() || Infinity;
  return Math.floor(Math.min(Deno.systemMemoryInfo().total, limit) / MB);
}
