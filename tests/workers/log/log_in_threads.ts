/** Two threads and the main thread log concurrently. Arguments: the folder, lines per thread. */
import { openLog } from "../../../workers/log.ts";

const [dir = "", lines = "0"] = Deno.args;

function logInThread(name: string): Promise<void> {
  const thread = new Worker(new URL("./log_thread.ts", import.meta.url), { type: "module" });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  thread.onmessage = () => resolve();
  thread.onerror = (event) => reject(new Error(event.message));
  thread.postMessage({ dir, name, lines: Number(lines) });
  return promise.finally(() => thread.terminate());
}

const log = openLog({ dir, name: "jobqueue", level: "info" });
await Promise.all([logInThread("consumer_1"), logInThread("consumer_2")]);
log.info("Both threads are done");
log.close();
