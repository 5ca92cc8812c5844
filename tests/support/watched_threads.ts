/** Ends threads from outside, as no part of the system would: nobody is told, and nobody is asked. */

/** Knows every thread that is started while it is in use, by the name it was given. */
export class WatchedThreads implements Disposable {
  readonly #made = new Map<string, Worker>();
  readonly #original = globalThis.Worker;

  constructor() {
    const made = this.#made;
    globalThis.Worker = class extends this.#original {
      constructor(url: string | URL, options?: WorkerOptions) {
        super(url, options);
        made.set(options?.name ?? "", this);
      }
    };
  }

  /** The last one of this name. */
  end(name: string): void {
    const thread = this.#made.get(name);
    if (thread === undefined) throw new Error(`No thread was named "${name}"`);
    thread.terminate();
  }

  [Symbol.dispose](): void {
    globalThis.Worker = this.#original;
  }
}
