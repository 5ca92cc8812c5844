/**
 * Ends its thread in the way that the payload names, or makes it useless. A payload that ends in "once" means the first
 * time only: the next consumer completes the job.
 */
import { readFile } from "node:fs";
import type { HandlerContext, HandlerJob } from "@persistent-queue/workers";
import { isFirstTime } from "../system/first_time.ts";

const target = new EventTarget();
target.addEventListener("told", () => {
  throw new Error("thrown in a listener");
});

const never = new Promise(() => {});

export function handler(job: HandlerJob, context: HandlerContext): unknown {
  const [way = "", times] = String(job.payload).split(" ");
  const isFirst = isFirstTime(job, context);
  if (times === "once" && !isFirst) return "done by another";
  return die(way);
}

function die(way: string): unknown {
  switch (way) {
    case "throw-outside":
      setTimeout(() => {
        throw new Error("thrown outside of the handler");
      });
      return never;
    case "reject-outside":
      Promise.reject(new Error("rejected outside of the handler"));
      return never;
    case "throw-later":
      setTimeout(() => {
        throw new Error("thrown outside of the handler");
      }, 5);
      return never;
    case "throw-in-callback":
      readFile(new URL(import.meta.url), () => {
        throw new Error("thrown in a callback");
      });
      return never;
    case "throw-in-listener":
      target.dispatchEvent(new Event("told"));
      return never;
    case "mute":
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      return never;
    case "linger":
      return never;
  }
}
