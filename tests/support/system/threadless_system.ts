/**
 * The whole path of a job on this thread: the real queue on a real database, and the real supervisor, with consumers
 * that need no threads.
 */
import { assertPassing, getQueue, type Lease, type Queue, StorageError } from "@persistent-queue/queue";
import { readSettings, Supervisor } from "@persistent-queue/workers";
import { Dispatcher } from "../../../workers/dispatcher.ts";
import { Handlers } from "../../../workers/handlers.ts";
import { eventually } from "../eventually.ts";
import { type Ledger, tellingCompletions } from "./ledger.ts";
import { SILENT_LOG } from "./silent_log.ts";
import { ThreadlessThread } from "./threadless_thread.ts";

export interface ThreadlessSystem {
  readonly queue: Queue;
  /** Jobs in flight or waiting. */
  readonly leases: readonly Lease[];
  /** Why the storage was considered lost, or null. */
  readonly lost: string | null;
  /** Errors that no promise of the queue explains. */
  readonly surprises: readonly unknown[];
  /** Resolves when no job waits and none is in flight. */
  drained(withinMs?: number): Promise<void>;
  /** Never throws; an error while closing is kept in `surprises`. */
  stop(): Promise<void>;
}

export interface ThreadlessOptions {
  readonly path: string;
  readonly ledger: Pick<Ledger, "note">;
}

export const KINDS: readonly string[] = ["noop", "slow", "fail", "give_up"];
export const RETRY_DELAYS_MS: readonly number[] = [1, 1, 2];
const SETTINGS = {
  ...readSettings({ env: { PRODUCER_INTERVAL_MS: "0" }, dotenv: null }),
  ...{ consumers: 2, retryDelaysMs: RETRY_DELAYS_MS, heartbeatMs: 10, sweepMs: 200, stallMs: 600 },
};
const handlers = new Handlers(new URL("../handlers/", import.meta.url));
const PATIENCE_AT_STOP_MS = 1_000;
const DAY_MS = 86_400_000;
/** How soon a caller that found the storage busy or full tries again. */
const AGAIN_MS = 5;
const PATIENCE_MS = 20_000;

/** Opens and recovers as the supervisor does: retries passing errors. @throws {StorageError} if one lasts */
export async function threadlessSystem({ path, ledger }: ThreadlessOptions): Promise<ThreadlessSystem> {
  const queue = await untilItPasses(() =>
    getQueue(`sqlite:${path}`, {
      ...{ role: "owner", kinds: KINDS, retryDelaysMs: RETRY_DELAYS_MS, stallMs: SETTINGS.stallMs },
      retentionMs: DAY_MS,
    })
  );
  return await putTogether(queue, ledger);
}

async function putTogether(queue: Queue, ledger: ThreadlessOptions["ledger"]): Promise<ThreadlessSystem> {
  const surprises: unknown[] = [];
  let lost: string | null = null;
  let isStopping = false;
  for (const kind of KINDS) if (handlers.loaded(kind) === null) await handlers.load(kind);
  const onGivenUp = (why: string) => void (isStopping || surprises.push(why));
  let dispatcher: Dispatcher | null = null;
  const supervisor = new Supervisor({
    queue: tellingCompletions(queue, (ids) => ids.forEach((id) => ledger.note(`completed ${id}`))),
    settings: SETTINGS,
    log: SILENT_LOG,
    dispatch: (options) => dispatcher = new Dispatcher(options),
    spawn: ({ start, onMessage, onEnd }) => {
      if (!("tickets" in start)) throw new TypeError("It has consumers only.");
      return new ThreadlessThread({ start, handlers, onMessage, onEnd, onGivenUp });
    },
    onError: (error) => void (error instanceof StorageError || surprises.push(error)),
    onFatal: (_, why) => lost ??= why,
  });
  const stop = async () => {
    isStopping = true;
    await supervisor.stop({ patienceMs: PATIENCE_AT_STOP_MS });
    try {
      await queue.close();
    } catch (error) {
      surprises.push(error);
    }
  };
  await supervisor.start().catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return {
    ...{ queue, surprises, stop },
    get leases() {
      return dispatcher?.leases ?? [];
    },
    get lost() {
      return lost;
    },
    drained: async (withinMs = 10_000) =>
      void await eventually("all is done", () => isDrained(queue), { withinMs }),
  };
}

async function isDrained(queue: Queue): Promise<boolean> {
  try {
    const { counts } = await queue.stats();
    return counts.PENDING + counts.PROCESSING === 0;
  } catch (error) {
    if (error instanceof StorageError) return false;
    throw error;
  }
}

async function untilItPasses<T>(ask: () => Promise<T>): Promise<T> {
  for (const deadline = performance.now() + PATIENCE_MS;;) {
    try {
      return await ask();
    } catch (error) {
      assertPassing(error);
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}
