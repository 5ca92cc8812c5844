/** Runs for as long as the payload says, uses plain language features, and returns what they give. */
import type { HandlerContext, HandlerJob } from "@persistent-queue/workers";

export async function handler({ payload }: HandlerJob, { log }: HandlerContext): Promise<unknown> {
  log("a line of its own");
  const began = Date.now();
  await new Promise((resolve) => setTimeout(resolve, Number(payload)));
  const names: string[] = [];
  for (const name in ["a"]) names.push(name);
  const map = new Map([["a", [1, 2, 3].map((n) => n * 2)]]);
  const isLate = new Date().getTime() - began >= Number(payload) - 2 && performance.now() > 0;
  return { names, map: map.get("a"), text: "spoilt or not".slice(-3), parsed: JSON.parse("[1]"), isLate };
}
