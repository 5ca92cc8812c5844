/**
 * The memory of one thread. V8 stops a handler at the limit of its heap, but Deno ends the thread for it only where the
 * handler was called by a timer; elsewhere the thread lives on without the job that it was on. V8 raises the limit once
 * to get out of it, and that is how it is noticed here. Buffers lie outside of the heap, and count as well.
 */
import { getHeapStatistics } from "node:v8";

export function ranOutOfMemory(limitMb: number): string {
  return `It ran out of memory (limit ${limitMb} MB, CONSUMER_MEMORY_MB)`;
}

const MB = 1_048_576;

export class Memory {
  readonly #limitMb: number;
  readonly #heapLimit = getHeapStatistics().heap_size_limit;

  constructor(limitMb: number) {
    this.#limitMb = limitMb;
  }

  /** A sentence if there was not enough of it; else null. */
  problem(): string | null {
    const { heap_size_limit, external_memory } = getHeapStatistics();
    if (heap_size_limit > this.#heapLimit) return ranOutOfMemory(this.#limitMb);
    if (external_memory <= this.#limitMb * MB) return null;
    return `${ranOutOfMemory(this.#limitMb)}: its buffers take ${Math.round(external_memory / MB)} MB`;
  }
}
