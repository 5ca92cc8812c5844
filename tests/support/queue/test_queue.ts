/** A real queue on a database of its own, with a clock that the test sets. */
import {
  getQueue,
  type OpenOptions,
  openStore,
  type Queue,
  type QueueEvent,
  type Store,
} from "@persistent-queue/queue";
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
  readonly clock: Clock;
  readonly url: string;
  /** The path of the database file, if there is one. */
  readonly path: string;
  /** All events so far, in order. */
  readonly events: QueueEvent[];
}

export const START = Date.UTC(2026, 0, 1);

export async function testQueue(options: OpenOptions = {}): Promise<TestQueue> {
  const folder = await tempFolder();
  const path = folder.file("queue.db");
  const url = urlFor(path);
  const clock = turnedClock();
  const queue = await getQueue(url, {
    role: "owner",
    now: clock,
    kinds: ["file", "mail"],
    ...options,
  });
  const store = await openStore(url, "guest", { clock });
  const events: QueueEvent[] = [];
  queue.subscribe((event) => events.push(event));
  return {
    ...{ queue, store, clock, url, path, events },
    [Symbol.asyncDispose]: async () => {
      await store.close();
      await queue.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

function turnedClock(): Clock {
  let now = START;
  return Object.assign(() => now, { pass: (ms: number) => void (now += ms) });
}
