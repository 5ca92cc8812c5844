/** Checks that the machine can give what the settings need, before anything relies on it. */
import { ConfigurationError, type Settings } from "../config.ts";
import { RESERVE } from "../slots/open_files_watch.ts";

/** A thread with its log takes seven or eight. */
const FILES_PER_CONSUMER = 8;
/** The database, the pages and their connections, and a reserve. */
const OTHER_FILES = 60 + RESERVE;

/** @throws {ConfigurationError} if threads would be refused one by one later, each with a crash */
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
