/** Ends threads from outside, as no part of the system would: nobody is told, and nobody is asked. */
import process from "node:process";
import type { Worker as Thread } from "node:worker_threads";

/** The types of the runtime do not know its name. */
type Worker = Thread & { readonly threadName?: string };

/** Knows every thread that is started while it is in use, by the name it was given. */
export class WatchedThreads implements Disposable {
  readonly #made = new Map<string, Worker>();
  readonly #note = (thread: Worker) => {
    this.#made.set(String(thread.threadName), thread);
  };

  constructor() {
    process.on("worker", this.#note);
  }

  /** The last one of this name. */
  end(name: string): void {
    const thread = this.#made.get(name);
    if (thread === undefined) throw new Error(`No thread was named "${name}"`);
    thread.terminate();
  }

  [Symbol.dispose](): void {
    process.off("worker", this.#note);
  }
}
