/**
 * A question about the whole queue that is asked less often while its answer is dear. An old snapshot on the server, such as
 * that of a `pg_dump`, keeps the entries of all jobs that have left an index, and the pages ask each second: with 400,000
 * entries their questions took more of the server than the drain beside them, which fell to a half.
 */

/** An answer that takes longer is dear if the one before it was as well: a busy server is slow once. */
const DEAR_MS = 200;
/** It is given again for so many times as long as it took. */
const TIMES = 10;

interface Asked<Answer> {
  readonly about: string;
  readonly answer: Promise<Answer>;
  /** It is given to others until then. */
  until: number;
}

export class DearQuestion<Answer> {
  readonly #now: () => number;
  #wasDear = false;
  #last: Asked<Answer> | null = null;

  /** `now`: in milliseconds, for tests. */
  constructor({ now = () => performance.now() }: { readonly now?: () => number } = {}) {
    this.#now = now;
  }

  /** `about`: what the answer depends on, beside the queue. */
  async ask(about: string, question: () => Promise<Answer>): Promise<Answer> {
    const last = this.#last;
    if (last !== null && last.about === about && this.#now() < last.until) return await last.answer;
    const since = this.#now();
    // One that was dear the last time is not asked again while it is under way.
    const asked = { about, answer: question(), until: this.#wasDear ? Infinity : -Infinity };
    this.#last = asked;
    let isAnswered = false;
    try {
      const answer = await asked.answer;
      isAnswered = true;
      return answer;
    } finally {
      // The dearest of all is one that the server gave up.
      const tookMs = this.#now() - since;
      const isDear = tookMs >= DEAR_MS;
      asked.until = isAnswered && isDear && this.#wasDear ? this.#now() + tookMs * TIMES : -Infinity;
      this.#wasDear = isDear;
    }
  }
}
