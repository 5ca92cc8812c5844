/** A queue on a real store in which a test replaces some verbs. */
import { openStore, Queue, QUEUE_DEFAULTS, type QueueEvent, type Store } from "@persistent-queue/queue";
import { tempFolder } from "../temp_folder.ts";
import { urlFor } from "../backend.ts";

export interface QueueOn extends AsyncDisposable {
  readonly store: Store;
  readonly queue: Queue;
  readonly events: QueueEvent[];
  readonly url: string;
}

/** A queue whose store has some verbs replaced. */
export async function queueOn(change: (store: Store) => Partial<Store>): Promise<QueueOn> {
  const folder = await tempFolder();
  const url = urlFor(folder.file("queue.db"));
  const store = await openStore(url, "owner");
  const queue = new Queue(changedStore(store, change(store)), { ...QUEUE_DEFAULTS, stallMs: 3_600_000 });
  const events: QueueEvent[] = [];
  queue.subscribe((event) => events.push(event));
  return {
    ...{ store, queue, events, url },
    [Symbol.asyncDispose]: async () => {
      await queue.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** The store, which does some things in its own way. */
export function changedStore(store: Store, changed: Partial<Store>): Store {
  return new Proxy(store, {
    get(target, name) {
      const value = Reflect.get(name in changed ? changed : target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
