/** The current state of the storage. */
import type { Random } from "../../support/random.ts";
import type { WriteVerb } from "./auditor.ts";
import type { Fate } from "./fates.ts";
import type { Timeline } from "./timeline.ts";

export class Weather {
  lockedUntil = 0;
  fullUntil = 0;
  slowUntil = 0;
  awayUntil = 0;
  readOnlyUntil = 0;
  /** Until then notifications between processes are lost, and jobs are found by the sweep at the latest. */
  deafUntil = 0;
  /** When the last delayed answer arrives. */
  #lateUntil = 0;
  /**
   * When the storage last failed (`lastBad`), and when it last failed so that the outcome of a write is unknown
   * (`lastOdd`).
   */
  lastBad = 0;
  lastOdd = 0;
  readonly #fates = new Map<WriteVerb, Fate>();
  readonly #timeline: Timeline;
  readonly #random: Random;
  readonly #usualMs: number;

  constructor(timeline: Timeline, random: Random) {
    this.#timeline = timeline;
    this.#random = random;
    this.#usualMs = random.pick([0, 0.5, 4]);
  }

  latencyMs(): number {
    const maxMs = this.#timeline.now < this.slowUntil ? 400 : this.#usualMs;
    return this.#random.below(1_000) / 1_000 * maxMs;
  }

  get isLocked(): boolean {
    return this.#isBad(this.lockedUntil);
  }

  /** The server cannot be reached. */
  get isAway(): boolean {
    return this.#isBad(this.awayUntil);
  }

  /** The server is a standby, or has become one. */
  get isReadOnly(): boolean {
    return this.#isBad(this.readOnlyUntil);
  }

  get isDeaf(): boolean {
    return this.wasDeafWithin(0);
  }

  wasDeafWithin(ms: number): boolean {
    return this.#timeline.now < this.deafUntil + ms;
  }

  /** New jobs find no room; existing ones may still be changed within their page, or not. */
  isFullFor(verb: WriteVerb): boolean {
    return (verb === "insert" || this.#random.chance(0.3)) && this.#isBad(this.fullUntil);
  }

  /** Whether the storage failed within the last `ms`, or may fail now. */
  wasBadWithin(ms: number): boolean {
    const { now } = this.#timeline;
    const latest = Math.max(
      this.lockedUntil,
      this.fullUntil,
      this.slowUntil,
      this.awayUntil,
      this.readOnlyUntil,
      this.#lateUntil,
      this.lastBad,
    );
    return now <= latest + ms || this.#fates.size > 0;
  }

  foretell(verb: WriteVerb, fate: Fate): void {
    this.#fates.set(verb, fate);
  }

  fateOf(verb: WriteVerb): Fate | undefined {
    const fate = this.#fates.get(verb);
    if (fate !== undefined) this.noteOdd();
    this.#fates.delete(verb);
    return fate;
  }

  /** From now on the outcome of a write is unknown to its caller. */
  noteOdd(): void {
    this.lastBad = this.lastOdd = this.#timeline.now;
  }

  noteLate(ms: number): void {
    this.#lateUntil = Math.max(this.#lateUntil, this.#timeline.now + ms);
  }

  clear(): void {
    this.#fates.clear();
    this.lockedUntil =
      this.fullUntil =
      this.slowUntil =
      this.awayUntil =
      this.readOnlyUntil =
      this.deafUntil =
        0;
  }

  #isBad(until: number): boolean {
    if (this.#timeline.now >= until) return false;
    this.lastBad = this.#timeline.now;
    return true;
  }
}
