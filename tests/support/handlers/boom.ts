/** Fails as its payload says, after logging some lines. */
import type { HandlerContext, HandlerJob } from "@persistent-queue/workers";

const deeper = () => JSON.parse("{");

export async function handler({ payload }: HandlerJob, { log }: HandlerContext): Promise<unknown> {
  log(`about to end by ${payload}`);
  switch (payload) {
    case "cause":
      throw new Error("save failed", { cause: new Error("ECONNRESET 10.0.0.5") });
    case "aggregate":
      return await Promise.any([Promise.reject(new Error("A down")), Promise.reject(new Error("B down"))]);
    case "object":
      throw { code: "E42", detail: "card declined" };
    case "never":
      return await new Promise(() => {});
    case "done":
      return "done";
    default:
      return deeper();
  }
}
