/** The behaviour of handlers: every way to end, and ways not to end. */
import { GiveUp, type HandlerContext, type HandlerJob, RetryLater } from "../../../workers/handler.ts";
import type { SimulatedThread } from "./simulated_thread.ts";
import type { World } from "./world.ts";

/** `good` ends well, `hopeless` throws, `poison` crashes its thread, each always; `mixed` at random. */
export const PARTS = ["good", "mixed", "mixed", "mixed", "hopeless", "poison"] as const;

export type Part = typeof PARTS[number];

export async function act(
  world: World,
  thread: SimulatedThread,
  { job: { payload }, context }: { job: HandlerJob; context: HandlerContext },
): Promise<unknown> {
  const { random, isCalm } = world;
  const { part } = payload as { part: Part };
  if (part === "poison") return await dieSoon(world, thread);
  if (random.chance(0.6)) await pause(random.below(isCalm ? 20 : 200) / 10, context);
  if (part === "hopeless") throw new Error("It is hopeless");
  if (part === "good" || isCalm || random.chance(0.5)) return { lease: thread.consumerId };
  return await misbehave(world, thread, context);
}

async function misbehave({ random, timeline }: World, thread: SimulatedThread, context: HandlerContext) {
  switch (random.below(8)) {
    case 0:
      throw new GiveUp("It is useless");
    case 1:
      throw new RetryLater(random.pick([0, 5, 300, 3_000]));
    case 2:
      // Many take long, and stop when their signal fires.
      return await pause(random.below(3_000), context);
    case 3:
      // Some ignore it.
      return await pause(random.below(random.pick([500, 9_000])));
    case 4:
      // A loop without a pause: its thread does nothing else in the meantime.
      timeline.hang(thread.owner, random.below(random.pick([100, 40_000])));
      return await pause(0);
    case 5:
      return () => "a function is no JSON";
    default:
      throw new Error("It failed this time");
  }
}

async function dieSoon({ random }: World, thread: SimulatedThread): Promise<never> {
  await pause(random.below(30));
  return thread.crash("A poison job");
}

function pause(ms: number, context?: HandlerContext): Promise<void> {
  return new Promise((resolve, reject) => {
    setTimeout(resolve, ms);
    context?.signal.addEventListener("abort", () => reject(context.signal.reason));
  });
}
