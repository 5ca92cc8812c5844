/** A real queue on a database of its own, with a clock that the test sets. */
import { openStore, Queue, QUEUE_DEFAULTS, type QueueEvent, type Store } from "@persistent-queue/queue";
import type { QueueOptions } from "../../../queue/options.ts";
import { tempFolder } from "../temp_folder.ts";
import { urlFor } from "../backend.ts";

export interface Clock {
  (): number;
  /** Lets time pass, in milliseconds. */
  pass(ms: number): void;
}

export interface TestQueue extends AsyncDisposable {
  readonly queue: Queue;
  /** Another handle on the same data, below the queue's rules. */
  readonly store: Store;
  /** The store of the queue itself. */
  readonly ownStore: Store;
  readonly clock: Clock;
  readonly url: string;
  /** The path of the database file, if there is one. */
  readonly path: string;
  /** All events so far, in order. */
  readonly events: QueueEvent[];
}

const BEAT_MS = 1_000;

export const START = Date.UTC(2026, 0, 1);

export async function testQueue(options: Partial<QueueOptions> = {}): Promise<TestQueue> {
  const folder = await tempFolder();
  const path = folder.file("queue.db");
  const url = urlFor(path);
  const clock = turnedClock();
  const ownStore = await openStore(url, "owner", { clock });
  const queue = new Queue(ownStore, { ...QUEUE_DEFAULTS, kinds: ["file", "mail"], ...options });
  await queue.enter({ joins: false });
  const store = await openStore(url, "guest", { clock });
  const events: QueueEvent[] = [];
  queue.subscribe((event) => events.push(event));
  return {
    ...{ queue, store, ownStore, clock, url, path, events },
    [Symbol.asyncDispose]: async () => {
      await store.close();
      await queue.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** Lets time pass in which the process of the queue shows itself: one that was out of touch judges no other. */
export async function passInTouch({ clock, ownStore }: TestQueue, ms: number): Promise<void> {
  for (let leftMs = ms; leftMs > 0; leftMs -= BEAT_MS) {
    await ownStore.beat();
    clock.pass(Math.min(leftMs, BEAT_MS));
  }
}

function turnedClock(): Clock {
  let now = START;
  return Object.assign(() => now, { pass: (ms: number) => void (now += ms) });
}
