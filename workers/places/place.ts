/**
 * A place that is always filled: one thread, and when it ends the next one, within a restart budget.
 *
 * A thread that hangs is ended, unless it is inside a native call that never returns. Then it is given up: the next life
 * begins beside it, and it counts as wedged until it ends after all.
 */
import type { Child } from "../child.ts";
import { RestartBudget } from "./restart_budget.ts";

export interface PlaceOptions<Message> {
  /** Starts a thread; `onEnd` is to be called once when it has ended. */
  readonly spawn: (id: string, onEnd: (why: string) => void) => Child<Message>;
  /** A life is over: `why` in a sentence. Answers whether it had been of use. */
  readonly onOver: (id: string, why: string) => boolean;
  /** A life that was given up did not end. */
  readonly onWedged: () => void;
  /** Monotonic, in milliseconds. */
  readonly clock: () => number;
}

/** A thread ends within milliseconds, unless it is in native code; on a crowded machine that takes its time too. */
const ENDING_MS = 1_500;

interface Life<Message> {
  readonly id: string;
  readonly child: Child<Message>;
  /** Monotonic, in milliseconds. */
  readonly since: number;
}

export class Place<Message> {
  readonly #options: PlaceOptions<Message>;
  readonly #budget = new RestartBudget();
  readonly #wedged = new Set<string>();
  readonly #endingTimers = new Map<string, ReturnType<typeof setTimeout>>();
  #life: Life<Message> | null = null;
  #restartTimer: ReturnType<typeof setTimeout> | undefined;
  #restarts = 0;
  #stopped = false;
  #onEmpty = () => {};

  constructor(options: PlaceOptions<Message>) {
    this.#options = options;
  }

  /** The life that is under way; null while the place waits for its next. */
  get id(): string | null {
    return this.#life?.id ?? null;
  }

  get restarts(): number {
    return this.#restarts;
  }

  /** Threads that were given up and still run. */
  get wedged(): number {
    return this.#wedged.size;
  }

  /** Whether its lives end so soon that it is slowed down. */
  get isFailing(): boolean {
    return this.#budget.isSlow;
  }

  fill(): void {
    if (this.#stopped) return;
    const id = crypto.randomUUID();
    const since = this.#options.clock();
    this.#life = { id, since, child: this.#options.spawn(id, (why) => this.#ended(id, why)) };
  }

  post(message: Message): void {
    this.#life?.child.post(message);
  }

  /** Gives up the life that is under way: the next one begins without waiting for its end. */
  replace(why: string): void {
    const life = this.#life;
    if (life === null) return;
    this.#endingTimers.set(life.id, setTimeout(() => this.#giveUp(life.id), ENDING_MS));
    this.#over(life, why);
    life.child.end(why);
  }

  /** Asks the thread to close; resolves when it has, or after `ms`. */
  async stop(closing: Message, ms: number): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#restartTimer);
    for (const timer of this.#endingTimers.values()) clearTimeout(timer);
    const life = this.#life;
    if (life === null) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#onEmpty = () => {
        clearTimeout(timer);
        resolve();
      };
      life.child.post(closing);
    });
    life.child.end("The system stopped");
  }

  #ended(id: string, why: string): void {
    clearTimeout(this.#endingTimers.get(id));
    this.#endingTimers.delete(id);
    this.#wedged.delete(id);
    if (this.#life?.id === id) this.#over(this.#life, why);
  }

  #over(life: Life<Message>, why: string): void {
    this.#life = null;
    this.#onEmpty();
    if (this.#stopped) return;
    const wasUseful = this.#options.onOver(life.id, why);
    this.#restarts += 1;
    const waitMs = this.#budget.spend({ lifeMs: this.#options.clock() - life.since, wasUseful });
    if (waitMs === 0) return this.fill();
    this.#restartTimer = setTimeout(() => this.fill(), waitMs);
  }

  #giveUp(id: string): void {
    this.#endingTimers.delete(id);
    this.#wedged.add(id);
    this.#options.onWedged();
  }
}
