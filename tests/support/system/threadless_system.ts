/**
 * The whole way of a job on this thread: the real queue on a real database, its dispatcher and its sweep, put together
 * as the supervisor does it, with consumers that need no threads.
 */
import { assertPassing, getQueue, type Lease, type Queue, StorageError } from "@persistent-queue/queue";
import { Dispatcher } from "../../../workers/dispatcher.ts";
import { Sweeper } from "../../../workers/sweeper.ts";
import { eventually } from "../eventually.ts";
import { type Ledger, tellingCompletions } from "./ledger.ts";
import { KINDS, ThreadlessConsumer } from "./threadless_consumer.ts";

export interface ThreadlessSystem {
  readonly queue: Queue;
  /** Jobs in flight or waiting. */
  readonly leases: readonly Lease[];
  /** Why the storage was taken for lost, or null. */
  readonly lost: string | null;
  /** Errors that no promise of the queue explains. */
  readonly surprises: readonly unknown[];
  /** From here on the sweep and the watch run by themselves, as they do in the product. */
  sweepByItself(): void;
  /** Resolves when nothing waits and nothing is in hand. */
  drained(withinMs?: number): Promise<void>;
  /** Never throws; what closing says is kept in `surprises`. */
  stop(): Promise<void>;
}

export interface ThreadlessOptions {
  readonly path: string;
  readonly ledger: Pick<Ledger, "note">;
}

export const RETRY_DELAYS_MS: readonly number[] = [1, 1, 2];
const TIMES = { heartbeatMs: 50, sweepMs: 200, stallMs: 600 };
const CONSUMERS = 2;
const DAY_MS = 86_400_000;
/** How soon a caller that found the storage busy or full asks again. */
const AGAIN_MS = 5;
const PATIENCE_MS = 20_000;

/** Opens and recovers as the supervisor does: what passes is waited for. @throws {StorageError} that lasts */
export async function threadlessSystem({ path, ledger }: ThreadlessOptions): Promise<ThreadlessSystem> {
  const queue = await untilItPasses(() =>
    getQueue(`sqlite:${path}`, {
      ...{ role: "owner", kinds: KINDS, retryDelaysMs: RETRY_DELAYS_MS, stallMs: TIMES.stallMs },
      retentionMs: DAY_MS,
    })
  );
  try {
    return await putTogether(queue, ledger);
  } catch (error) {
    await queue.close();
    throw error;
  }
}

async function putTogether(queue: Queue, ledger: ThreadlessOptions["ledger"]): Promise<ThreadlessSystem> {
  const telling = tellingCompletions(queue, (ids) => ids.forEach((id) => ledger.note(`completed ${id}`)));
  const surprises: unknown[] = [];
  let lost: string | null = null;
  const onError = (error: unknown) => void (error instanceof StorageError || surprises.push(error));
  const clock = () => performance.now();
  const onUnusable = (_: string, why: string) => void surprises.push(why);
  const dispatcher = new Dispatcher({ queue: telling, now: Date.now, clock, onError, onUnusable });
  const sweeper = new Sweeper({
    ...{ queue, settings: TIMES, clock, onError, onSwept: () => {} },
    judge: () => ({ held: dispatcher.leases, freed: 0 }),
    onLost: (why) => lost ??= why,
  });
  const unsubscribe = queue.subscribe((event) => dispatcher.hear(event));
  await untilItPasses(() => queue.recover());
  for (let slot = 1; slot <= CONSUMERS; slot++) new ThreadlessConsumer(dispatcher, slot);
  return {
    ...{ queue, surprises, sweepByItself: () => sweeper.start() },
    get leases() {
      return dispatcher.leases;
    },
    get lost() {
      return lost;
    },
    drained: async (withinMs = 10_000) =>
      void await eventually("all is done", () => isDrained(queue), { withinMs }),
    stop: async () => {
      sweeper.stop();
      await dispatcher.stop(1_000);
      unsubscribe();
      try {
        await queue.close();
      } catch (error) {
        surprises.push(error);
      }
    },
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
