/**
 * Waiting jobs that the database refuses to give to a holder, because of an edit or a trigger made by hand. They are set
 * aside, so that one of them does not stop all the others, and tried again after a while: another edit may repair them.
 */
import { printable } from "../basics/text.ts";
import { messageOf, StorageError } from "../errors.ts";

/** How long a job is set aside. */
const ASIDE_MS = 60_000;
/** Claims look past each of these, so there is a limit; a fault that affects more stops the queue. */
const MAX_ASIDE = 1_000;
/** Beyond this only the number is shown. */
const MAX_SHOWN = 3;
/** While jobs are set aside, a claim that finds too little is repeated after this time. */
export const AGAIN_MS = 1_000;

interface RefusedClaim {
  readonly id: string;
  readonly why: string;
  readonly at: number;
}

export class RefusedClaims {
  /** How many are known; a field, because each claim reads it. */
  count = 0;
  readonly #bySeq = new Map<number, RefusedClaim>();
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** The numbers of the jobs that are set aside now. */
  get seqs(): number[] {
    if (this.count === 0) return [];
    return [...this.#bySeq.keys()].filter((seq) => !this.#isOlder(seq, ASIDE_MS));
  }

  get isFull(): boolean {
    return this.seqs.length >= MAX_ASIDE;
  }

  note(seq: number, id: string, error: unknown): void {
    this.#bySeq.set(seq, { id, why: messageOf(error), at: this.#now() });
    this.count = this.#bySeq.size;
  }

  /** A job is known until it would have been refused again. */
  forgetOld(): void {
    for (const seq of this.#bySeq.keys()) if (this.#isOlder(seq, 2 * ASIDE_MS)) this.#bySeq.delete(seq);
    this.count = this.#bySeq.size;
  }

  get warnings(): string[] {
    this.forgetOld();
    const shown = [...this.#bySeq.values()];
    const others = shown.length - MAX_SHOWN;
    return [
      ...shown.slice(0, MAX_SHOWN).map(warningOf),
      ...others > 0 ? [`${others} more jobs cannot be started because their claim is refused.`] : [],
    ];
  }

  #isOlder(seq: number, ms: number): boolean {
    return this.#now() - (this.#bySeq.get(seq)?.at ?? -Infinity) > ms;
  }
}

/**
 * For a claim that has failed, or that meets jobs which were refused before. `apart` takes each job alone, and notes those
 * that are refused; if one ends the whole transaction, the claim is repeated without it.
 */
export async function claimDespite<T>(
  refused: RefusedClaims,
  apart: () => Promise<T>,
  cause?: unknown,
): Promise<T> {
  if (cause instanceof StorageError) throw cause;
  refused.forgetOld();
  for (;;) {
    const before = refused.seqs.length;
    try {
      return await apart();
    } catch (error) {
      if (error instanceof StorageError || refused.seqs.length === before || refused.isFull) throw error;
    }
  }
}

function warningOf({ id, why }: RefusedClaim): string {
  const name = printable(id, { maxLength: 200 });
  return `Job "${name}" cannot be started, and the others go on: ${why} Undo what was changed by hand, or cancel it.`;
}
