/** Where a handler finds its thread: the runtime provides it elsewhere, here the simulation has to. */
import type { HandlerContext, HandlerJob } from "../../../workers/handler.ts";
import { Handlers } from "../../../workers/handlers.ts";

type Play = (job: HandlerJob, context: HandlerContext) => unknown;

export const KINDS = ["plain", "timed"] as const;

const plays = new Map<string, Play>();

export function play(job: HandlerJob, context: HandlerContext): unknown {
  return plays.get(job.consumerId)?.(job, context);
}

export function enter(consumerId: string, act: Play): void {
  plays.set(consumerId, act);
}

export function leaveAll(): void {
  plays.clear();
}

/** Called before time is simulated: files are read in real time. */
export async function loadedHandlers(): Promise<Handlers> {
  const handlers = new Handlers(new URL("./handlers/", import.meta.url));
  for (const kind of KINDS) await handlers.load(kind);
  return handlers;
}
