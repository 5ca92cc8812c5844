/**
 * Threads that were ended and still run. They are inside a call into native code that nothing can interrupt (an endless
 * SQL query, a read that never returns). Their jobs go to other consumers. Each keeps the resources that it holds, so
 * when there are two, the process should restart.
 */
interface WedgedThread {
  readonly id: string;
  /** "consumer" or "producer". */
  readonly role: string;
  /** What it was running when it was given up, if known. */
  readonly work: string | null;
}

export interface WedgedThreadsOptions {
  readonly tell: (level: "warn" | "error", text: string) => void;
  /** The process cannot go on like this. */
  readonly onTooMany: (why: string) => void;
}

const MAX_WEDGED = 2;

export class WedgedThreads {
  readonly #options: WedgedThreadsOptions;
  readonly #threads = new Map<string, WedgedThread>();

  constructor(options: WedgedThreadsOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#threads.size;
  }

  /** A sentence for each thread. */
  get warnings(): string[] {
    return [...this.#threads.values()].map(describe);
  }

  add(thread: WedgedThread): void {
    this.#threads.set(thread.id, thread);
    this.#options.tell("error", describe(thread));
    if (this.count < MAX_WEDGED) return;
    this.#options.onTooMany(
      `${this.count} threads hang in native code and cannot be ended: the process exits to be restarted.`,
    );
  }

  /** A thread has ended; most were never wedged. */
  remove(id: string): void {
    const thread = this.#threads.get(id);
    if (!this.#threads.delete(id)) return;
    this.#options.tell(
      "warn",
      `The thread of ${thread?.role} ${id}, which could not be ended, has ended after all.`,
    );
  }
}

function describe({ id, role, work }: WedgedThread): string {
  const where = work === null ? "native code" : `native code, in ${work}`;
  return `The thread of ${role} ${id} hangs in ${where}: it cannot be ended, and another has taken its place. ` +
    `At ${MAX_WEDGED} such threads the process restarts.`;
}
