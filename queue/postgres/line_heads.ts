/**
 * Where the line of waiting jobs begins, remembered while that is dear to find. A claim steps over every job that has left
 * the line since the oldest snapshot of the server was taken, for example by `pg_dump`: what such a snapshot may still see
 * is removed from no index. So a drain would become slower with each job, until the snapshot ends.
 */
import { number } from "../storing/rows.ts";
import type { Client, Row } from "./client.ts";
import { LINE } from "./line_statements.ts";

/** A claim or a look that takes longer is slow. */
const SLOW_MS = 25;
/**
 * What is remembered holds for so many times as long as the look took. Jobs that come before it, such as those of a new
 * priority, wait so long at most, and only while others are there.
 */
const TIMES = 10;

interface Head {
  readonly kind: string;
  readonly priority: number;
  /** Of its first job. */
  readonly runAt: number;
  readonly seq: number;
}

export class LineHeads {
  readonly #client: Client;
  #heads: Map<string, Head> | null = null;
  #validUntil = -Infinity;
  #isLooking = false;

  constructor(client: Client) {
    this.#client = client;
  }

  /** Values for a claim: kinds, priorities, times and numbers. Null: it has to find them itself. */
  get known(): readonly [string[], ...number[][]] | null {
    if (this.#heads === null || performance.now() > this.#validUntil) return null;
    const heads = [...this.#heads.values()];
    return [
      heads.map(({ kind }) => kind),
      ...[
        heads.map(({ priority }) => priority),
        heads.map(({ runAt }) => runAt),
        heads.map(({ seq }) => seq),
      ],
    ];
  }

  /** A claim of these kinds had to find them, and took so long. Where that is slow, they are looked up once. */
  searched(tookMs: number, kinds: readonly string[] | null): void {
    if (tookMs < SLOW_MS || this.#isLooking) return;
    this.#isLooking = true;
    // Without it a claim is slower, and no worse.
    this.#look(kinds).catch(() => {}).finally(() => this.#isLooking = false);
  }

  async #look(kinds: readonly string[] | null): Promise<void> {
    const since = performance.now();
    const rows = await this.#client.query(LINE.heads, [kinds]);
    const took = performance.now() - since;
    this.#heads = took < SLOW_MS ? null : new Map(rows.map((row) => [keyOf(row), headOf(row)]));
    this.#validUntil = performance.now() + took * TIMES;
  }

  /** These were claimed from where it was known to begin, in their order. */
  passed(rows: readonly Row[]): void {
    for (const row of rows) if (row.suspect !== 1) this.#heads?.set(keyOf(row), headOf(row));
  }

  forget(): void {
    this.#heads = null;
  }
}

function headOf({ kind, priority, run_at, seq }: Row): Head {
  return { kind: String(kind), priority: number(priority), runAt: number(run_at), seq: number(seq) };
}

function keyOf({ kind, priority }: Row): string {
  return `${priority} ${kind}`;
}
