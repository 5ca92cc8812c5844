/**
 * What jobs leave behind in the heap of a thread. V8 lets a heap grow by 8 MB before it collects what has outlived two
 * small collections, and ten threads are ten heaps. So a thread collects by itself when it has nothing to do, once enough
 * jobs have passed: some 20 ms each time, and 50 MB less in all.
 */
const ENOUGH = 4_000;

/** There with `--expose-gc`, with which the supervisor is started; without it heaps are larger, and that is all. */
const { gc } = globalThis as { readonly gc?: () => void };

export class Leftovers {
  /** Ten threads that did this at once would hold everybody up for a fifth of a second: each begins somewhere else. */
  #jobs = Math.floor(Math.random() * ENOUGH);

  /** Of one more job. */
  add(): void {
    this.#jobs += 1;
  }

  collect(): void {
    if (this.#jobs < ENOUGH) return;
    this.#jobs = 0;
    gc?.();
  }
}
