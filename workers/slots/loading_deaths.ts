/**
 * Consumers that died, or fell silent, while they only loaded a handler that another thread can load. Their jobs are not
 * charged for that, and would end one thread after the other. So with each death the kind rests for longer.
 */
interface Deaths {
  /** The state of the handler's file. */
  readonly stamp: string;
  readonly count: number;
  /** By the monotonic clock: when the kind may be tried again. */
  readonly restsUntil: number;
}

const FIRST_REST_MS = 5_000;
/** A kind that has done without a death for this long after its rest begins anew. */
const FORGOTTEN_MS = 10 * 60_000;
const LONGEST_REST_MS = 10 * 60_000;

export class LoadingDeaths {
  /** By kind. */
  readonly #deaths = new Map<string, Deaths>();

  /** How long the kind should rest, in milliseconds. The first death may have been chance. */
  note(kind: string, stamp: string, now: number): number {
    const before = this.#deaths.get(kind);
    const isRecent = before?.stamp === stamp && now - before.restsUntil < FORGOTTEN_MS;
    const count = isRecent ? before.count + 1 : 1;
    const restMs = count === 1 ? 0 : Math.min(FIRST_REST_MS * 2 ** (count - 1), LONGEST_REST_MS);
    this.#deaths.set(kind, { stamp, count, restsUntil: now + restMs });
    return restMs;
  }
}
