/**
 * Ensures that no job sees what another job has changed. A full check takes a tenth of a millisecond, too long for each
 * job of microseconds. So while jobs of one kind follow each other, only what most code uses is checked, and everything
 * before the first job of another kind.
 */
import { WorkingFolder } from "../process/working_folder.ts";
import type { Attempt } from "./attempt.ts";
import { Globals } from "./globals.ts";
import { TellingNames } from "./telling_names.ts";

const { min } = Math;

/** This many jobs of each kind are checked one by one. */
const CHECKED_ONE_BY_ONE = 10;
/**
 * After that, a full check follows once jobs have run for this long in total. In a thread that has slept in between, a
 * check takes half a millisecond, a hundredth of that time. After each job of 20 ms, it took two fifths of the thread's
 * time.
 */
const CHECK_MS = 50;
/**
 * A full check also follows once this much time per job has passed since the last check, counting at most `MAX_JOBS`
 * jobs. So a job that comes alone is checked, and jobs of microseconds are checked together, twice a second. Every 50
 * ms, that took a seventh of the time of ten threads.
 */
const MAX_JOBS = 10;

export interface TidinessOptions {
  /** Gets a sentence for the system's log. */
  readonly onChange: (text: string) => void;
  /** The thread must begin no other job, because the change cannot be undone. */
  readonly onStuck: (why: string) => void;
}

export class Tidiness {
  readonly #options: TidinessOptions;
  readonly #globals = new Globals();
  readonly #tellingNames = new TellingNames();
  readonly #workingFolder = new WorkingFolder();
  /** Without a prototype: by kind, how many of its jobs were checked one by one. */
  readonly #seenOfKind = Object.create(null) as Record<string, number>;
  #checkedAt = 0;
  /** Jobs and their run time since then. */
  #jobs = 0;
  #busyMs = 0;
  /** The kind of the last job. */
  #kind: string | null = null;
  /** The last job, if not everything was checked after it. */
  #unchecked: Attempt | null = null;

  constructor(options: TidinessOptions) {
    this.#options = options;
  }

  /** Called before a job of this kind. */
  beforeJob(kind: string): void {
    if (kind === this.#kind) return;
    const before = this.#kind;
    this.#kind = kind;
    const last = this.#unchecked;
    if (last !== null) {
      this.#unchecked = null;
      if (!this.#isTidy()) this.#restore(last, `A job of kind ${last.kind}`);
    }
    this.#tellingNames.change(before, kind);
    this.#globals.enter(kind);
  }

  /** Called when the module of this kind has been loaded. Returns the names of what applies only to its jobs. */
  adopt(kind: string): string[] {
    this.#tellingNames.keep();
    return this.#globals.adopt(kind);
  }

  /** Called after a job, so that the next one does not run with its changes. */
  afterJob(attempt: Attempt, ended: number): void {
    this.#jobs += 1;
    this.#busyMs += ended - attempt.began;
    const seen = this.#seenOfKind[attempt.kind] ?? 0;
    if (seen < CHECKED_ONE_BY_ONE) this.#seenOfKind[attempt.kind] = seen + 1;
    else if (!this.#isDue(ended) && this.#globals.common.isUntouched()) {
      this.#unchecked = attempt;
      return;
    }
    this.#checkedAt = ended;
    this.#jobs = 0;
    this.#busyMs = 0;
    this.#restore(attempt, attempt.name);
  }

  #isDue(now: number): boolean {
    if (this.#busyMs >= CHECK_MS) return true;
    return now - this.#checkedAt >= CHECK_MS * min(this.#jobs, MAX_JOBS);
  }

  #isTidy(): boolean {
    try {
      return this.#globals.areUntouched && !this.#workingFolder.isMoved;
    } catch {
      return false;
    }
  }

  /** Never throws: the report of the job must leave the thread, whatever the job has broken. */
  #restore({ kind }: Attempt, name: string): void {
    this.#unchecked = null;
    const { onChange, onStuck } = this.#options;
    try {
      const { names, stuck } = this.#globals.restore();
      const folder = this.#workingFolder.restore();
      if (folder !== null) onChange(`${name} moved the working folder to ${folder}; it was put back`);
      if (names.length === 0) return;
      // The next jobs of this kind are checked one by one again.
      this.#seenOfKind[kind] = 0;
      const text = `${name} changed ${listed(names)}`;
      if (stuck.length > 0) onStuck(`${text}, which nothing can put back`);
      else onChange(`${text}; that was put back`);
    } catch {
      onStuck(`${name} changed what the check of its changes needs, which nothing can put back`);
    }
  }
}

/** The methods of arrays may be beyond repair. */
function listed(names: readonly string[]): string {
  let text = "";
  for (let i = 0; i < names.length; i++) text += i === 0 ? names[i] : `, ${names[i]}`;
  return text;
}
