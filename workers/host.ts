/// <reference lib="deno.worker" />
/**
 * Starts and ends the threads in which handlers run. In Deno a thread has the permissions of the thread that started
 * it: a `node:worker_threads` thread cannot be given fewer, but a Web Worker can. So this Web Worker has the handlers'
 * permissions, and starts all threads for the supervisor. No handler runs here.
 */
import { Worker } from "node:worker_threads";
import type { FromHost, ToHost } from "./slots/hosted_threads.ts";

const threads = new Map<number, Worker>();

function start({ id, url, name, port, memoryMb }: ToHost & { type: "start" }): void {
  const thread = new Worker(new URL(url), {
    name,
    workerData: { port },
    transferList: [port],
    ...(memoryMb === undefined ? {} : { resourceLimits: { maxOldGenerationSizeMb: memoryMb } }),
  });
  threads.set(id, thread);
  thread.on("error", (error) => {
    const { code } = error as { readonly code?: unknown };
    tell({ type: "error", id, message: error.message, code: typeof code === "string" ? code : null });
  });
  thread.on("exit", () => {
    threads.delete(id);
    tell({ type: "exit", id });
  });
}

function tell(message: FromHost): void {
  self.postMessage(message);
}

self.onmessage = ({ data }: MessageEvent<ToHost>) => {
  if (data.type === "start") start(data);
  else threads.get(data.id)?.terminate();
};
