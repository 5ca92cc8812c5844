/**
 * Simulated time: every timer and every message of a run is an event on one line, and each event is followed
 * until nothing more can happen without the next. So a run takes as long as its work, and the same seed gives
 * the same run.
 */
import { setImmediate } from "node:timers";
import type { Random } from "../../support/random.ts";
import { Heap } from "./heap.ts";

/** The target of events. While it is frozen its events come late; once it is dead they never come. */
export interface Owner {
  readonly name: string;
  alive: boolean;
  frozenUntil: number;
  /** Until this time its silence is its own fault. */
  silentUntil: number;
}

export interface TimedEvent {
  at: number;
  /** When it was first due: delayed events keep the order in which they were due. */
  readonly due: number;
  /** The order of events due at the same moment is random. */
  readonly tie: number;
  readonly number: number;
  readonly owner: Owner;
  readonly run: () => void;
  canceled: boolean;
}

const EPOCH = Date.UTC(2026, 0, 1);

export function owner(name: string): Owner {
  return { name, alive: true, frozenUntil: 0, silentUntil: 0 };
}

export class Timeline {
  readonly world = owner("world");
  /** Monotonic, in milliseconds. */
  now = 1_000;
  /** How often the clock was set. */
  timesSet = 0;
  #wallOffset = EPOCH;
  #current = this.world;
  #count = 0;
  readonly #events = new Heap<TimedEvent>(isEarlier);
  readonly #timers = new Map<number, TimedEvent>();
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Milliseconds since 1970, by the wall clock. */
  get wall(): number {
    return Math.floor(this.#wallOffset + this.now);
  }

  setClock(byMs: number): void {
    this.#wallOffset += byMs;
    this.timesSet += 1;
  }

  freeze(who: Owner, ms: number): void {
    who.frozenUntil = Math.max(who.frozenUntil, this.now + ms);
  }

  /** Frozen by its own fault, not together with all others. */
  hang(who: Owner, ms: number): void {
    this.freeze(who, ms);
    who.silentUntil = Math.max(who.silentUntil, this.now + ms);
  }

  /** The owner of the running event: timers belong to the owner that sets them. */
  get current(): Owner {
    return this.#current;
  }

  after(ms: number, who: Owner, run: () => void): TimedEvent {
    const at = this.now + Math.max(0, ms);
    const event = {
      ...{ at, due: at, tie: this.#random.below(1_000_000), number: ++this.#count },
      ...{ owner: who, run, canceled: false },
    };
    this.#events.push(event);
    return event;
  }

  setTimer(run: () => void, ms: number): number {
    const event = this.after(ms, this.#current, () => {
      this.#timers.delete(event.number);
      run();
    });
    this.#timers.set(event.number, event);
    return event.number;
  }

  clearTimer(number: number): void {
    const event = this.#timers.get(number);
    if (event !== undefined) event.canceled = true;
    this.#timers.delete(number);
  }

  /** Runs the next event, and all that follows from it immediately. False = nothing is left. */
  async step(): Promise<boolean> {
    const event = this.#events.pop();
    if (event === undefined) return false;
    if (event.canceled || !event.owner.alive) return true;
    if (event.owner.frozenUntil > event.at) {
      event.at = event.owner.frozenUntil;
      this.#events.push(event);
      return true;
    }
    this.now = Math.max(this.now, event.at);
    this.#current = event.owner;
    event.run();
    await new Promise<void>((resolve) => setImmediate(resolve));
    return true;
  }
}

function isEarlier(a: TimedEvent, b: TimedEvent): boolean {
  return (a.at - b.at || a.due - b.due || a.tie - b.tie || a.number - b.number) < 0;
}
