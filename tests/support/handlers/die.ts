/// <reference lib="deno.worker" />
/**
 * Ends its thread in the way that the payload names, or makes it useless. A payload that ends in "once" means the first
 * time only: then whoever has the job next does it.
 */
import type { HandlerContext, HandlerJob } from "@persistent-queue/workers";
import { isFirstTime } from "../first_time.ts";

const never = new Promise(() => {});

export function handler(job: HandlerJob, context: HandlerContext): unknown {
  const [way = "", times] = String(job.payload).split(" ");
  if (times === "once" && !isFirstTime(job, context)) return "done by another";
  return die(way);
}

function die(way: string): unknown {
  switch (way) {
    case "throw-outside":
      setTimeout(() => {
        throw tersely("thrown outside of the handler");
      });
      return never;
    case "reject-outside":
      Promise.reject(tersely("rejected outside of the handler"));
      return never;
    case "close":
      self.close();
      return never;
    case "close-and-return":
      self.close();
      return "nobody hears of it";
    case "exit":
      return Deno.exit(0);
    case "rubbish":
      self.postMessage({ type: "results", results: "rubbish" });
      return never;
    case "unreadable":
      self.postMessage("not one of ours");
      return never;
    case "mute":
      self.postMessage = () => {};
      return never;
    case "mute-and-return":
      self.postMessage = () => {};
      return "nobody hears of it";
    case "linger":
      return never;
  }
}

/** The runtime prints what nobody catches: one line is enough. */
function tersely(message: string): Error {
  const error = new Error(message);
  error.stack = String(error);
  return error;
}
