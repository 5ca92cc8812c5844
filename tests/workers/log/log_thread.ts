/// <reference lib="deno.worker" />
/** A thread that logs the given lines, and replies once all of them are written. */
import { openLog } from "../../../workers/log.ts";

self.onmessage = ({ data: { dir, name, lines } }) => {
  const log = openLog({ dir, name, level: "info" });
  for (let line = 0; line < lines; line++) log.info(`Completed job_id: ${line}`);
  log.close();
  self.postMessage("written");
};
