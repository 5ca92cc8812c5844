/**
 * The memory of one thread. V8 stops a handler at the limit of its heap, but Deno ends the thread for that only if a
 * timer called the handler; otherwise the thread lives on without its running job. V8 raises the limit once to recover,
 * which is how it is noticed here. Buffers are outside the heap, and count too.
 */
import { getHeapStatistics } from "node:v8";

export function ranOutOfMemory(limitMb: number): string {
  return `It ran out of memory (limit ${limitMb} MB, CONSUMER_MEMORY_MB)`;
}

const MB = 1_048_576;
/**
 * V8 lets a heap grow by 8 MB before it collects what has survived two small collections, and ten threads have ten
 * heaps. So an idle thread itself collects after this many jobs, which takes about 20 ms and saves 50 MB in total.
 * Every 4,000 jobs it took a tenth of all processor time.
 */
const JOBS_PER_COLLECTION = 20_000;

/** Heartbeats at rest before a thread collects what its start left behind: this many, and up to as many more. */
const RESTS = 2;
const EXTRA_RESTS = 5;
/** A thread that has had no more jobs than this since the last heartbeat is at rest. */
const FEW_JOBS = 100;

interface Collection {
  readonly type: "major";
  /** With "last-resort", V8 returns free memory to the system. */
  readonly flavor: "last-resort";
}

/** Defined with `--expose-gc`, which the supervisor is started with. Without it, heaps are just larger. */
const { gc } = globalThis as { readonly gc?: (how?: Collection) => void };

export class Memory {
  readonly #limitMb: number;
  readonly #heapLimit = getHeapStatistics().heap_size_limit;
  /**
   * Jobs since the last collection. If ten threads collected at once, all work would stop for a fifth of a second, so
   * each starts at a random count.
   */
  #jobs = Math.floor(Math.random() * JOBS_PER_COLLECTION);
  #jobsAtBeat = this.#jobs;
  #restsLeft = RESTS + Math.floor(Math.random() * EXTRA_RESTS);

  constructor(limitMb: number) {
    this.#limitMb = limitMb;
  }

  /** The memory that the thread takes now, in megabytes, and a sentence if the limit was reached; otherwise null. */
  look(): { readonly takenMb: number; readonly problem: string | null } {
    const { used_heap_size, heap_size_limit, external_memory } = getHeapStatistics();
    const takenMb = (used_heap_size + external_memory) / MB;
    return { takenMb, problem: this.#problem(heap_size_limit, external_memory) };
  }

  countJob(): void {
    this.#jobs += 1;
  }

  /** Called when the thread is idle: collects what the last jobs left behind, if there were many. */
  collect(): void {
    if (this.#jobs < JOBS_PER_COLLECTION) return;
    this.#jobs = 0;
    gc?.();
  }

  /**
   * Called at a heartbeat while no job runs. The start leaves two megabytes behind in each thread, which no job would
   * ever cause to be collected. Collecting takes a tenth of a second, too long for a thread that waits for the next of
   * many jobs.
   */
  rest(): void {
    const isBusy = this.#jobs - this.#jobsAtBeat > FEW_JOBS;
    this.#jobsAtBeat = this.#jobs;
    if (isBusy) return;
    this.#restsLeft -= 1;
    if (this.#restsLeft === 0) gc?.({ type: "major", flavor: "last-resort" });
  }

  #problem(heapLimit: number, external: number): string | null {
    if (heapLimit > this.#heapLimit) return ranOutOfMemory(this.#limitMb);
    if (external <= this.#limitMb * MB) return null;
    return `${ranOutOfMemory(this.#limitMb)}: its buffers take ${Math.round(external / MB)} MB`;
  }
}
