/** Connections to one server: runs statements with bound values, and turns errors into readable sentences. */
import type postgres from "postgres";
import type { PostgresAddress } from "./address.ts";
import { silence, withTimeout } from "../storing/with_timeout.ts";
import { ignoreStrayWrites, isConnectionLost } from "./driver_faults.ts";
import { Driver } from "./driver.ts";
import { isLockedSomehow, isReadOnly, isRetryable, toQueueError } from "./faults.ts";
import { STATEMENT_MS } from "./settings.ts";
import { TABLES_ARE_FREE } from "./table_locks.ts";

export type Row = Record<string, unknown>;
export type Value = string | number | boolean | null | readonly (string | number | null)[];

/** Runs statements: each on its own, or all in one transaction. */
export interface Tx {
  /** A statement that is prepared once per connection. */
  query(statement: string, values: readonly Value[]): Promise<Row[]>;
  /** Several statements without values, for the schema. */
  script(statements: string): Promise<void>;
}

interface ClientOptions {
  /** For statements on their own. Transactions have others: see `Use`. */
  readonly connections: number;
  /** Names this store in notifications, and tells our sessions from others. */
  readonly name: string;
  /** Called with each notification on a channel that a connection listens to. */
  readonly onMessage?: (text: string) => void;
}

/** Its name in messages. */
export const SERVER = "PostgreSQL";

/** A statement that has no answer even by then never gets one. */
const GIVEN_UP_MS = STATEMENT_MS + 5_000;
/** The keep-alive notices a connection that is lost meanwhile. */
const LONG_MS = 24 * 3_600_000;
const CLOSE_SECONDS = 5;
/** After one connection was lost: calls in flight on the others end by themselves, or are lost as well. */
const LOST_SECONDS = 1;
/** The server aborts one of two writes that lock the same rows in a different order: that one is retried. */
const RETRIES = 5;

const ALONE = { use: "statements", withinMs: GIVEN_UP_MS } as const;

/** A server that takes no writes is left at most this often, so that reads can go on meanwhile. */
const LEAVE_MS = 1_000;

/**
 * Transactions have connections of their own. If a connection has a hundred statements in flight, or its socket is full, the
 * driver (3.4.9) sends `BEGIN` without reserving the connection: statements of others then run in a transaction that never
 * ends, and what they have acknowledged is lost with it. Among transactions alone, each begins on an idle connection.
 */
type Use = "statements" | "transactions";

const USES: readonly Use[] = ["statements", "transactions"];
/** The transactions of a turn overlap. */
const MAX_TRANSACTIONS = 2;

export class Client implements Tx {
  readonly #place: string;
  readonly #connect: (use: Use) => Driver;
  readonly #drivers: Record<Use, Driver>;
  /** Earlier drivers that are still ending. */
  readonly #ending = new Set<Promise<void>>();
  #leftAt = -Infinity;
  /** The server has answered before. */
  #hasAnswered = false;
  #isClosed = false;

  constructor(
    address: PostgresAddress,
    { connections, name, onMessage = () => {} }: ClientOptions,
  ) {
    this.#place = address.place;
    const counts = { statements: connections, transactions: Math.min(connections, MAX_TRANSACTIONS) };
    this.#connect = (use) => new Driver(address, { connections: counts[use], name, onMessage });
    ignoreStrayWrites();
    this.#drivers = { statements: this.#connect("statements"), transactions: this.#connect("transactions") };
  }

  async query(statement: string, values: readonly Value[]): Promise<Row[]> {
    return await this.#withRetries((sql) => sql.unsafe(statement, [...values], { prepare: true }));
  }

  async script(statements: string): Promise<void> {
    await this.#withRetries((sql) => sql.unsafe(statements));
  }

  /** All statements of `work`, or none. Those that it starts together are pipelined. */
  async transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return await this.#begin(work, GIVEN_UP_MS);
  }

  /** The same for work on every row of a large table, which may take hours. */
  async longTransaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    const unlimited = async (tx: Tx) => {
      await tx.script("SET LOCAL statement_timeout = 0");
      return await work(tx);
    };
    return await this.#begin(unlimited, LONG_MS);
  }

  async #begin<T>(work: (tx: Tx) => Promise<T>, withinMs: number): Promise<T> {
    const run = (pool: postgres.Sql) =>
      pool.begin((sql: postgres.TransactionSql) =>
        work({
          query: (statement, values) => sql.unsafe(statement, [...values], { prepare: true }),
          script: async (statements) => void await sql.unsafe(statements),
        })
      );
    // The driver's type unpacks arrays of promises, which `work` does not return.
    return await this.#withRetries(run, { use: "transactions", withinMs }) as T;
  }

  /**
   * Returns a function that drops the current connections with all calls in flight, unless they have been replaced by then:
   * a connection that was cut off in the network would wait for a quarter of an hour. New ones are made when needed.
   */
  dropper(): () => void {
    const seen = { ...this.#drivers };
    return () => {
      for (const use of USES) {
        if (seen[use] !== this.#drivers[use]) continue;
        seen[use].isSilent = true;
        this.#replace(use, { afterSeconds: 0 });
      }
    };
  }

  /** The server takes no writes: another one may have its address by now. Reads in flight are finished first. */
  #leave(): void {
    if (performance.now() - this.#leftAt < LEAVE_MS) return;
    this.#leftAt = performance.now();
    this.#replaceAll({ afterSeconds: CLOSE_SECONDS });
  }

  #replaceAll(how: { readonly afterSeconds: number }): void {
    for (const use of USES) this.#replace(use, how);
  }

  #replace(use: Use, { afterSeconds }: { readonly afterSeconds: number }): void {
    if (this.#isClosed) return;
    const end = this.#drivers[use].end(afterSeconds);
    const ending = end.catch(() => {}).finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
    this.#drivers[use] = this.#connect(use);
  }

  /** Statements in flight are completed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#ending, ...USES.map((use) => this.#drivers[use].end(CLOSE_SECONDS))]);
  }

  async #withRetries<T>(
    run: (sql: postgres.Sql) => PromiseLike<T>,
    { use, withinMs }: { readonly use: Use; readonly withinMs: number } = ALONE,
  ): Promise<T> {
    for (let left = RETRIES;; left--) {
      const driver = this.#drivers[use];
      try {
        const result = await withTimeout(driver.run(run), { withinMs, server: SERVER, place: this.#place });
        this.#hasAnswered = true;
        return result;
      } catch (error) {
        // Once, however many calls were using it.
        const isLost = isConnectionLost(error) || driver.sockets.hasFailed;
        const isCurrent = driver === this.#drivers[use];
        // All connections, because the address may lead to another server by now.
        if (isLost && isCurrent) this.#replaceAll({ afterSeconds: LOST_SECONDS });
        if (isReadOnly(error) && isCurrent) this.#leave();
        if (isLost && driver.isSilent) throw silence(SERVER, this.#place);
        if (left === 0 || !isRetryable(error)) {
          const { isWithoutTls } = driver.sockets;
          const hasFreeTables = isLockedSomehow(error) && await this.#hasFreeTables();
          const circumstances = {
            place: this.#place,
            hasAnswered: this.#hasAnswered,
            isWithoutTls,
            hasFreeTables,
          };
          throw toQueueError(error, circumstances);
        }
      }
    }
  }

  /** False if the server does not say. */
  async #hasFreeTables(): Promise<boolean> {
    try {
      const asked = this.#drivers.statements.run((sql) => sql.unsafe(TABLES_ARE_FREE, [], { prepare: true }));
      const [row] = await withTimeout(asked, { withinMs: GIVEN_UP_MS, server: SERVER, place: this.#place });
      return row?.are_free === true;
    } catch {
      return false;
    }
  }
}
