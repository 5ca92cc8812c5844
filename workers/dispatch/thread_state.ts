/**
 * What the supervisor must know about a thread even while the thread is too busy to report it, in shared memory: the
 * deadline of the running job, whether the module of its handler is still being loaded, whether the running code was left
 * behind by a job that has ended, and the thread's memory at its last heartbeat.
 */
const DEADLINE_MS = 0;
const IS_TOLD = 1;
const LEFTOVER = 2;
const MEMORY_MB = 3;
const LOADING = 4;
const CELLS = 5;

/** Captured before a handler can change them. */
const { load, store } = Atomics;
const { ceil, round } = Math;

export class ThreadState {
  readonly shared: SharedArrayBuffer;
  readonly #cells: Int32Array<SharedArrayBuffer>;

  constructor(shared = new SharedArrayBuffer(CELLS * Int32Array.BYTES_PER_ELEMENT)) {
    this.shared = shared;
    this.#cells = new Int32Array(shared);
  }

  /** The deadline of the running job, from its start; 0 = none. */
  get deadlineMs(): number {
    return load(this.#cells, DEADLINE_MS);
  }

  set deadlineMs(ms: number) {
    store(this.#cells, IS_TOLD, 0);
    store(this.#cells, DEADLINE_MS, ceil(ms));
  }

  /** Whether the handler was told that its deadline has passed; a thread that spins cannot tell it. */
  get isDeadlineTold(): boolean {
    return load(this.#cells, IS_TOLD) === 1;
  }

  tellDeadline(): void {
    store(this.#cells, IS_TOLD, 1);
  }

  get isInLeftover(): boolean {
    return load(this.#cells, LEFTOVER) === 1;
  }

  set isInLeftover(value: boolean) {
    store(this.#cells, LEFTOVER, value ? 1 : 0);
  }

  /** The handler of the running job has not begun. */
  get isLoading(): boolean {
    return load(this.#cells, LOADING) === 1;
  }

  set isLoading(value: boolean) {
    store(this.#cells, LOADING, value ? 1 : 0);
  }

  get memoryMb(): number {
    return load(this.#cells, MEMORY_MB);
  }

  set memoryMb(mb: number) {
    store(this.#cells, MEMORY_MB, round(mb));
  }
}
