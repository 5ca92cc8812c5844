/// <reference lib="deno.worker" />
/**
 * The entry point of the producer's thread: every few seconds it writes a small file and adds a job for it. A file
 * whose job could not be added is kept and offered again: adding is idempotent.
 */
import {
  makeConsoleUnfailing,
  messageOf,
  PRIVATE_FOLDER,
  removeIfThere,
} from "@persistent-queue/queue/basics";
import { openChannel } from "./thread/runtime.ts";
import { holdLivenessLock } from "./thread/runtime.ts";
import { type Log, openLog } from "./log.ts";
import type { StartProducer, ToProducer } from "./protocol.ts";
import { CREATED } from "./sample_files.ts";

/** Files whose job is not known to be stored. */
const waiting = new Set<string>();

const { start, tell, listen } = await openChannel<StartProducer, ToProducer>();

makeConsoleUnfailing();
await holdLivenessLock();
const log = openLog(start.log);
listen((messages) => {
  for (const message of messages) receive(message, log);
});
tell({ type: "ready" });
produce(start, log);
setInterval(() => produce(start, log), start.intervalMs);

/** Writes another file, then offers all files that wait, including earlier ones. */
function produce({ filesDir, filesPrefix }: StartProducer, log: Log): void {
  tell({ type: "beat" });
  try {
    waiting.add(`${filesPrefix}/${writeFile(filesDir)}`);
  } catch (error) {
    log.error(`Cannot write a file in ${filesDir}: ${messageOf(error)}`);
  }
  if (waiting.size > 0) tell({ type: "add", ids: [...waiting] });
}

/** Written under another name first, so that a consumer never sees half a file. Returns its name. */
function writeFile(folder: string): string {
  Deno.mkdirSync(folder, { recursive: true, mode: PRIVATE_FOLDER });
  const name = `${crypto.randomUUID()}.txt`;
  const path = `${folder}/${name}`;
  const draft = `${path}.part`;
  try {
    Deno.writeTextFileSync(draft, `${new Date().toISOString()} ${CREATED}\n`);
    Deno.renameSync(draft, path);
  } catch (error) {
    removeIfThere(draft);
    throw error;
  }
  return name;
}

function receive(message: ToProducer, log: Log): void {
  switch (message.type) {
    case "added":
      for (const id of message.ids) {
        if (waiting.delete(id)) log.info(`Enqueued job_id: ${id}`);
      }
      return;
    case "refused":
      return log.error(`The queue takes no jobs at the moment, ${waiting.size} wait here: ${message.error}`);
    case "close":
      log.close();
      globalThis.close();
  }
}
