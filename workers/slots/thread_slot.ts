/**
 * A slot that always has a thread: when one ends, the next one starts, within a restart budget. A thread that hangs is
 * ended, and the next life begins beside it at once. A thread inside a native call does not end: it counts as wedged
 * until that call returns, if it ever does.
 */
import type { Child, LifeEvents } from "../child.ts";
import { Idleness } from "../dispatch/waits.ts";
import type { WedgedThreads } from "./wedged_threads.ts";

/** The state of a life when it ended. */
export interface LifeSummary {
  /** It had completed some work. */
  readonly wasUseful: boolean;
  /** What it was running, in words. */
  readonly work: string | null;
}

export interface ThreadSlotOptions<Message> {
  /** The role of the thread in this slot: "consumer" or "producer". */
  readonly role: string;
  /** Starts a thread. */
  readonly spawn: (id: string, events: LifeEvents) => Child<Message>;
  /** A life is over; `why` is a sentence. */
  readonly onOver: (id: string, why: string) => LifeSummary;
  readonly wedged: WedgedThreads;
  /** Monotonic, in milliseconds. */
  readonly clock: () => number;
}

/**
 * A thread ends within milliseconds, or within half a second if it does not close itself, unless it is in native code.
 * On a busy machine that takes longer.
 */
const ENDING_MS = 2_000;

export interface Replacing {
  /** Without asking the thread to close first. */
  readonly atOnce?: boolean;
  /** What the thread may take to end, beyond the usual, before it counts as wedged. */
  readonly extraMs?: number;
}

interface Life<Message> {
  readonly id: string;
  readonly child: Child<Message>;
  /** Monotonic, in milliseconds. */
  readonly since: number;
  /** Whether its thread has started. */
  isReady: boolean;
}

export class ThreadSlot<Message> {
  readonly #options: ThreadSlotOptions<Message>;
  readonly #budget = new RestartBudget();
  /** Lives that are over while their threads end, each with the timer that declares it wedged. */
  readonly #ending = new Map<string, ReturnType<typeof setTimeout>>();
  #life: Life<Message> | null = null;
  #restartTimer: ReturnType<typeof setTimeout> | undefined;
  #restarts = 0;
  #stopped = false;
  readonly #idleness = new Idleness(() => this.#isEmpty);

  constructor(options: ThreadSlotOptions<Message>) {
    this.#options = options;
  }

  /** The id of the current life; null while the slot waits for the next one. */
  get id(): string | null {
    return this.#life?.id ?? null;
  }

  /** Whether an earlier life is over whose thread has not ended yet, and may still end. */
  get isEndingOne(): boolean {
    return this.#ending.size > 0;
  }

  get restarts(): number {
    return this.#restarts;
  }

  /** Whether its lives end so soon that restarts are delayed. */
  get isFailing(): boolean {
    return this.#budget.isSlow;
  }

  fill(): void {
    if (this.#stopped) return;
    const id = crypto.randomUUID();
    const since = this.#options.clock();
    const child = this.#options.spawn(id, {
      onReady: () => this.#life?.id === id && (this.#life.isReady = true),
      onUnusable: (why) => this.#life?.id === id && this.replace(why),
      onEnd: (why) => this.#ended(id, why),
    });
    this.#life = { id, since, child, isReady: false };
  }

  post(message: Message): void {
    this.#life?.child.post(message);
  }

  /** Gives up the current life; the next one begins without waiting for the thread's end. */
  replace(why: string, { extraMs = 0, ...how }: Replacing = {}): void {
    const life = this.#life;
    if (life === null) return;
    const { work } = this.#over(life, why);
    this.#ending.set(life.id, setTimeout(() => this.#giveUp(life, work), ENDING_MS + extraMs));
    life.child.end(why, how);
  }

  /** Asks the thread to close. Resolves when it and all earlier ones have ended, or after `ms`. */
  async stop(closing: Message, ms: number): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#restartTimer);
    this.post(closing);
    await this.#idleness.within(ms);
    for (const timer of this.#ending.values()) clearTimeout(timer);
    this.#life?.child.end("The system stopped", { atOnce: true });
  }

  get #isEmpty(): boolean {
    return this.#life === null && this.#ending.size === 0;
  }

  #ended(id: string, why: string): void {
    clearTimeout(this.#ending.get(id));
    this.#ending.delete(id);
    if (!this.#stopped) this.#options.wedged.remove(id);
    if (this.#life?.id === id) this.#over(this.#life, why);
    this.#idleness.check();
  }

  #over(life: Life<Message>, why: string): LifeSummary {
    this.#life = null;
    if (this.#stopped) return { wasUseful: false, work: null };
    const summary = this.#options.onOver(life.id, why);
    this.#restarts += 1;
    const lifeMs = this.#options.clock() - life.since;
    const waitMs = this.#budget.spend({ lifeMs, wasUseful: summary.wasUseful });
    if (waitMs === 0) this.fill();
    else this.#restartTimer = setTimeout(() => this.fill(), waitMs);
    return summary;
  }

  #giveUp({ id, isReady }: Life<Message>, work: string | null): void {
    this.#ending.delete(id);
    // A thread that was never ready ran no handler: it is slow to start, and so it is slow to end.
    if (this.#stopped || !isReady) return;
    this.#options.wedged.add({ id, role: this.#options.role, work });
  }
}

const FREE_RESTARTS = 3;
/** A life that lasted this long was healthy. */
const STABLE_MS = 10_000;
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;

interface EndedLife {
  readonly lifeMs: number;
  /** It did some work: then a bad job took it down, and such jobs have their own limit. */
  readonly wasUseful: boolean;
}

/** How soon a slot gets its next thread: at once, unless its lives keep ending early without having done any work. */
export class RestartBudget {
  /** How many lives in a row ended early without having done any work. */
  #failures = 0;

  /** Records a life that is over. Returns the delay before the next one, in milliseconds. */
  spend({ lifeMs, wasUseful }: EndedLife): number {
    this.#failures = wasUseful || lifeMs >= STABLE_MS ? 0 : this.#failures + 1;
    return this.#delayMs;
  }

  /** Whether restarts are delayed now, because the fault seems permanent. */
  get isSlow(): boolean {
    return this.#delayMs > 0;
  }

  get #delayMs(): number {
    const paid = this.#failures - FREE_RESTARTS;
    return paid <= 0 ? 0 : Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (paid - 1));
  }
}
