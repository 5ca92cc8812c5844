/** Logs a line every 10 ms until its stdin ends. Argument: the folder. */
import { openLog } from "../../../workers/log.ts";

const log = openLog({ dir: Deno.args[0] ?? "", name: "jobqueue", level: "info", checkMs: 50 });
const ticking = setInterval(() => log.info("Heartbeat sent"), 10);
await Deno.stdin.read(new Uint8Array(1));
clearInterval(ticking);
log.close();
