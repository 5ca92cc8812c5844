/**
 * Sees to it that no job meets what another one has changed. A thorough look takes a tenth of a millisecond, which jobs
 * of microseconds do not pay each time: while those of one kind follow each other it is what most code uses that is
 * looked at, and everything before the first job of another kind.
 */
import { WorkingFolder } from "../process/working_folder.ts";
import { Globals } from "./globals.ts";
import { nameOf, type Owner } from "./owners.ts";

/** So many jobs of each kind are looked at one by one; then those that take some time. */
const OFTEN = 10;
const SHORT_MS = 5;
/** Of the short ones one every so often. */
const CHECK_MS = 50;

export interface TidinessOptions {
  /** A sentence for the log of the system. */
  readonly onChange: (text: string) => void;
  /** It is not to begin another job: nothing puts right what was changed. */
  readonly onStuck: (why: string) => void;
}

export class Tidiness {
  readonly #options: TidinessOptions;
  readonly #globals = new Globals();
  readonly #workingFolder = new WorkingFolder();
  readonly #seenOfKind = new Map<string, number>();
  #checkedAt = 0;
  /** The last job, if not everything was looked at after it. */
  #unchecked: Owner | null = null;

  constructor(options: TidinessOptions) {
    this.#options = options;
  }

  /** A job of this kind is next. */
  prepareFor(kind: string): void {
    const last = this.#unchecked;
    if (last !== null && last.kind !== kind) {
      this.#unchecked = null;
      if (!this.#globals.looksUntouched("everything")) this.#putRight(last, `A job of kind ${last.kind}`);
    }
    this.#globals.enter(kind);
  }

  /** What a module changes while it loads is for the jobs of its kind. Returns the names of that. */
  adopt(kind: string): string[] {
    return this.#globals.adopt(kind);
  }

  /** A job has ended: what comes next is not to be done with what it has changed. */
  lookAfter(owner: Owner, { began, ended }: { readonly began: number; readonly ended: number }): void {
    const isShort = ended - began < SHORT_MS && ended - this.#checkedAt < CHECK_MS;
    const seen = this.#seenOfKind.get(owner.kind) ?? 0;
    if (seen < OFTEN) this.#seenOfKind.set(owner.kind, seen + 1);
    else if (isShort && this.#globals.looksUntouched("what is common")) {
      this.#unchecked = owner;
      return;
    }
    this.#checkedAt = ended;
    this.#putRight(owner, nameOf(owner));
  }

  #putRight({ kind }: Owner, name: string): void {
    this.#unchecked = null;
    const { onChange, onStuck } = this.#options;
    const { names, stuck } = this.#globals.restore();
    const folder = this.#workingFolder.restore();
    if (folder !== null) onChange(`${name} moved the working folder to ${folder}; it was put back`);
    if (names.length === 0) return;
    // Its next jobs are looked at one by one again.
    this.#seenOfKind.set(kind, 0);
    const text = `${name} changed ${names.join(", ")}`;
    if (stuck.length > 0) onStuck(`${text}, which nothing can put back`);
    else onChange(`${text}; that was put back`);
  }
}
