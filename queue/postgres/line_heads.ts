/**
 * Where the line of waiting jobs begins, cached while that is expensive to find. A claim steps over the dead index entry of
 * every job that has left the line since the oldest snapshot of the server was taken, for example by `pg_dump`: no index
 * drops an entry that such a snapshot may still see. So a drain would slow down with each job until the snapshot ends.
 */
import { number } from "../storing/rows.ts";
import type { Client, Row } from "./client.ts";
import { LINE } from "./line_statements.ts";

/** A claim or a lookup that takes longer is slow. */
const SLOW_MS = 25;
/** The heads are looked up again, beside the claims, after this multiple of the time that the lookup took. */
const REFRESH_FACTOR = 10;
/**
 * They are valid for this multiple of the time that the lookup took. Jobs that come before them, such as those of a new
 * priority, wait at most that long, and only while there are others.
 */
const EXPIRY_FACTOR = 15;

interface Head {
  readonly kind: string;
  readonly priority: number;
  /** Of the first job. */
  readonly runAt: number;
  readonly seq: number;
}

/** The lookups for some kinds: the first one, and those that refresh it. */
interface Lookups {
  readonly kinds: readonly string[] | null;
  isInFlight: boolean;
}

interface KnownHeads {
  /** Values for a claim: kinds, priorities, times and seqs. */
  readonly values: readonly [string[], ...number[][]];
  /** These were claimed from there on, in their order. */
  advance(rows: readonly Row[]): void;
}

export interface LineHeadsOptions {
  readonly client: Pick<Client, "query">;
  /** In milliseconds, for tests. */
  readonly now?: () => number;
}

export class LineHeads {
  readonly #client: Pick<Client, "query">;
  readonly #now: () => number;
  #lookups: Lookups | null = null;
  #heads: Map<string, Head> | null = null;
  #refreshAt = Infinity;
  #validUntil = -Infinity;

  constructor({ client, now = () => performance.now() }: LineHeadsOptions) {
    [this.#client, this.#now] = [client, now];
  }

  /** Null: a claim of these kinds has to find the heads itself. */
  knownFor(kinds: readonly string[] | null): KnownHeads | null {
    const [at, byLevel, lookups] = [this.#now(), this.#heads, this.#lookups];
    if (byLevel === null || at > this.#validUntil || lookups?.kinds !== kinds) return null;
    if (at > this.#refreshAt) this.#lookUp(lookups);
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
      // Heads that were looked up meanwhile stay as they are: they may come before these jobs.
      advance: (rows) => {
        for (const row of rows) if (row.suspect !== 1) byLevel.set(keyOf(row), headOf(row));
      },
    };
  }

  /** A claim of these kinds had to find the heads itself, and took this long. If that is slow, they are looked up. */
  noteSearch(tookMs: number, kinds: readonly string[] | null): void {
    if (tookMs < SLOW_MS) return;
    // A claim may end when the kinds have changed since it began.
    if (this.#lookups?.kinds !== kinds) this.forget();
    this.#lookups ??= { kinds, isInFlight: false };
    this.#lookUp(this.#lookups);
  }

  forget(): void {
    this.#heads = null;
    this.#lookups = null;
  }

  #lookUp(lookups: Lookups): void {
    if (lookups.isInFlight) return;
    lookups.isInFlight = true;
    // If it fails, claims are slower, and no worse.
    this.#remember(lookups).catch(() => {}).finally(() => lookups.isInFlight = false);
  }

  async #remember(lookups: Lookups): Promise<void> {
    const since = this.#now();
    const rows = await this.#client.query(LINE.heads, [lookups.kinds]);
    const at = this.#now();
    const took = at - since;
    // A lookup that was forgotten meanwhile may have been for other kinds.
    if (lookups !== this.#lookups) return;
    this.#heads = took < SLOW_MS ? null : new Map(rows.map((row) => [keyOf(row), headOf(row)]));
    this.#refreshAt = at + took * REFRESH_FACTOR;
    this.#validUntil = at + took * EXPIRY_FACTOR;
  }
}

function headOf({ kind, priority, run_at, seq }: Row): Head {
  return { kind: String(kind), priority: number(priority), runAt: number(run_at), seq: number(seq) };
}

function keyOf({ kind, priority }: Row): string {
  return `${priority} ${kind}`;
}
