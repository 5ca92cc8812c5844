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
/** They are looked up anew, beside the claims, when so many times as long has passed as the look took. */
const TIMES = 10;
/**
 * What is remembered holds for so many times as long as the look took. Jobs that come before it, such as those of a new
 * priority, wait so long at most, and only while others are there.
 */
const MOST_TIMES = 15;

interface Head {
  readonly kind: string;
  readonly priority: number;
  /** Of its first job. */
  readonly runAt: number;
  readonly seq: number;
}

/** The first look at the line of some kinds, and those that follow it. */
interface Looking {
  readonly kinds: readonly string[] | null;
  isUnderWay: boolean;
}

export interface KnownHeads {
  /** Values for a claim: kinds, priorities, times and numbers. */
  readonly values: readonly [string[], ...number[][]];
  /** These were claimed from there on, in their order. */
  passed(rows: readonly Row[]): void;
}

export interface LineHeadsOptions {
  readonly client: Pick<Client, "query">;
  /** In milliseconds, for tests. */
  readonly now?: () => number;
}

export class LineHeads {
  readonly #client: Pick<Client, "query">;
  readonly #now: () => number;
  #looking: Looking | null = null;
  #heads: Map<string, Head> | null = null;
  #renewAt = Infinity;
  #validUntil = -Infinity;

  constructor({ client, now = () => performance.now() }: LineHeadsOptions) {
    [this.#client, this.#now] = [client, now];
  }

  /** Null: a claim has to find them itself. */
  get known(): KnownHeads | null {
    const [at, byLevel] = [this.#now(), this.#heads];
    if (byLevel === null || at > this.#validUntil) return null;
    if (at > this.#renewAt && this.#looking !== null) this.#look(this.#looking);
    const heads = [...byLevel.values()];
    return {
      values: [
        heads.map(({ kind }) => kind),
        ...[
          heads.map(({ priority }) => priority),
          heads.map(({ runAt }) => runAt),
          heads.map(({ seq }) => seq),
        ],
      ],
      // Those that were looked up meanwhile may begin before them.
      passed: (rows) => {
        for (const row of rows) if (row.suspect !== 1) byLevel.set(keyOf(row), headOf(row));
      },
    };
  }

  /** A claim of these kinds had to find them, and took so long. Where that is slow, they are looked up. */
  searched(tookMs: number, kinds: readonly string[] | null): void {
    if (tookMs < SLOW_MS) return;
    this.#looking ??= { kinds, isUnderWay: false };
    this.#look(this.#looking);
  }

  forget(): void {
    this.#heads = null;
    this.#looking = null;
  }

  #look(looking: Looking): void {
    if (looking.isUnderWay) return;
    looking.isUnderWay = true;
    // Without it a claim is slower, and no worse.
    this.#remember(looking).catch(() => {}).finally(() => looking.isUnderWay = false);
  }

  async #remember(looking: Looking): Promise<void> {
    const since = this.#now();
    const rows = await this.#client.query(LINE.heads, [looking.kinds]);
    const at = this.#now();
    const took = at - since;
    // What was forgotten meanwhile may have been for other kinds.
    if (looking !== this.#looking) return;
    this.#heads = took < SLOW_MS ? null : new Map(rows.map((row) => [keyOf(row), headOf(row)]));
    this.#renewAt = at + took * TIMES;
    this.#validUntil = at + took * MOST_TIMES;
  }
}

function headOf({ kind, priority, run_at, seq }: Row): Head {
  return { kind: String(kind), priority: number(priority), runAt: number(run_at), seq: number(seq) };
}

function keyOf({ kind, priority }: Row): string {
  return `${priority} ${kind}`;
}
