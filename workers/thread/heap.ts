/**
 * Garbage that jobs leave in the heap of a thread. V8 lets a heap grow by 8 MB before it collects what has
 * outlived two small collections, and ten threads are ten heaps. So an idle thread collects by itself once
 * enough jobs have passed: some 20 ms each time, and 50 MB less in all.
 */
const ENOUGH = 4_000;

/** Defined with `--expose-gc`, which the supervisor is started with; without it heaps are larger, and that is all. */
const { gc } = globalThis as { readonly gc?: () => void };

export class Heap {
  /** Ten threads collecting at once would stop all work for a fifth of a second, so each starts at a random count. */
  #jobs = Math.floor(Math.random() * ENOUGH);

  /** Counts one more job. */
  add(): void {
    this.#jobs += 1;
  }

  collect(): void {
    if (this.#jobs < ENOUGH) return;
    this.#jobs = 0;
    gc?.();
  }
}
