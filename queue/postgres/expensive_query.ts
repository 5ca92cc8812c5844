/**
 * A query over the whole queue that runs less often while it is expensive. An old snapshot on the server, such as that of a
 * `pg_dump`, keeps the index entries of all jobs that have left an index, and the pages poll each second: with 400,000 dead
 * entries their queries took more of the server than the drain beside them, which fell to half its speed.
 */

/** An answer that takes longer is expensive if the one before it did too: a busy server may be slow once. */
const SLOW_MS = 200;
/** An expensive answer is reused for this multiple of the time that it took. */
const REUSE_FACTOR = 10;

interface LastRun<Answer> {
  readonly key: string;
  readonly answer: Promise<Answer>;
  /** Other callers get this answer until then. */
  reuseUntil: number;
}

export class ExpensiveQuery<Answer> {
  readonly #now: () => number;
  #wasSlow = false;
  #last: LastRun<Answer> | null = null;

  /** `now`: in milliseconds, for tests. */
  constructor({ now = () => performance.now() }: { readonly now?: () => number } = {}) {
    this.#now = now;
  }

  /** `key`: what the answer depends on, besides the queue. */
  async run(key: string, query: () => Promise<Answer>): Promise<Answer> {
    const last = this.#last;
    if (last !== null && last.key === key && this.#now() < last.reuseUntil) return await last.answer;
    const since = this.#now();
    // A query that was slow the last time does not run a second time while it is in flight.
    const current = { key, answer: query(), reuseUntil: this.#wasSlow ? Infinity : -Infinity };
    this.#last = current;
    let isAnswered = false;
    try {
      const answer = await current.answer;
      isAnswered = true;
      return answer;
    } finally {
      // A query that the server gave up is the most expensive of all.
      const tookMs = this.#now() - since;
      const isSlow = tookMs >= SLOW_MS;
      current.reuseUntil = isAnswered && isSlow && this.#wasSlow
        ? this.#now() + tookMs * REUSE_FACTOR
        : -Infinity;
      this.#wasSlow = isSlow;
    }
  }
}
