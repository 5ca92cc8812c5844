/// <reference lib="deno.worker" />
/** Ends its thread in the way that the payload names. */
import type { HandlerJob } from "@persistent-queue/workers";

export function handler({ payload }: HandlerJob): unknown {
  switch (payload) {
    case "throw-outside":
      setTimeout(() => {
        throw new Error("thrown outside of the handler");
      });
      return new Promise(() => {});
    case "reject-outside":
      Promise.reject(new Error("rejected outside of the handler"));
      return new Promise(() => {});
    case "close":
      self.close();
      return new Promise(() => {});
    case "exit":
      Deno.exit(0);
      break;
    case "rubbish":
      self.postMessage({ type: "results", results: "rubbish" });
      return new Promise(() => {});
    case "unreadable":
      self.postMessage("not one of ours");
      return new Promise(() => {});
    case "hang":
      for (;;);
  }
}
