/** How the life of a consumer ended, and whether the job that it was on is to blame. */
import type { EndOfConsumer } from "../dispatch/abandoned.ts";
import type { ConsumerHandle } from "../dispatch/consumer_handle.ts";
import { problemOf } from "./handler_trial.ts";

interface Finding {
  readonly type: "stalled" | "crashed";
  readonly why: string;
  /** Names the job whose leftover code was running. */
  readonly leftover: string | null;
  /** The ticket of the job that the thread blames, or null for none; determined here unless given. */
  readonly guilty?: number | null | undefined;
}

/**
 * While code that another job left behind runs in the thread, no job of it is to blame, and neither is a job whose
 * handler has not begun because its module is being loaded.
 */
export function endOf(
  handle: ConsumerHandle | null,
  { type, why, leftover, guilty }: Finding,
): EndOfConsumer {
  const blame = guilty === undefined ? {} : { guilty };
  if (handle?.state.isInLeftover === true) {
    return { type, detail: `${why}: ${leftover} runs`, guilty: null, ...blame };
  }
  const unloadable = guilty === null ? null : handle?.loading ?? null;
  if (unloadable === null) return { type, detail: why, ...blame };
  return { type, detail: problemOf(unloadable, why), guilty: null, unloadable };
}
