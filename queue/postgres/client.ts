/** Connections to one server: runs statements with bound values, and turns errors into readable sentences. */
import postgres from "postgres";
import type { PostgresAddress } from "./address.ts";
import { silence, withTimeout } from "../storing/with_timeout.ts";
import { ignoreStrayWrites, isConnectionLost } from "./driver_faults.ts";
import { isReadOnly, isRetryable, toQueueError } from "./faults.ts";
import { SETTINGS, STATEMENT_MS } from "./settings.ts";
import { Sockets } from "./sockets.ts";

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
  readonly connections: number;
  /** Names this store in notifications, and tells our sessions from others. */
  readonly name: string;
  /** Called with each notification on a channel that a connection listens to. */
  readonly onMessage?: (text: string) => void;
}

/** Its name in messages. */
export const SERVER = "PostgreSQL";

const CONNECT_MS = 5_000;
/** A statement that has no answer even by then never gets one. */
const GIVEN_UP_MS = STATEMENT_MS + 5_000;
/** The keep-alive notices a connection that is lost meanwhile. */
const LONG_MS = 24 * 3_600_000;
const CLOSE_SECONDS = 5;
/** After one connection was lost: calls in flight on the others end by themselves, or are lost as well. */
const LOST_SECONDS = 1;
/** The server aborts one of two writes that lock the same rows in a different order: that one is retried. */
const RETRIES = 5;

/** A server that takes no writes is left at most this often, so that reads can go on meanwhile. */
const LEAVE_MS = 1_000;

interface Driver {
  readonly sql: postgres.Sql<{ bigint: number }>;
  readonly sockets: Sockets;
  /** It was dropped because the server does not answer. */
  isSilent: boolean;
}

/** Calls in flight on its connections get this many seconds to end by themselves. */
async function end({ sql, sockets }: Driver, withinSeconds: number): Promise<void> {
  await sql.end({ timeout: withinSeconds }).finally(() => sockets.close());
}

/** An array as the server reads it: https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO */
function toArray(values: readonly (string | number | null)[]): string {
  const element = (value: string | number | null) =>
    value === null ? "NULL" : `"${String(value).replaceAll(/[\\"]/g, "\\$&")}"`;
  return `{${values.map(element).join()}}`;
}

export class Client implements Tx {
  readonly #place: string;
  readonly #connect: () => Driver;
  #driver: Driver;
  /** Earlier drivers that are still ending. */
  readonly #ending = new Set<Promise<void>>();
  #leftAt = -Infinity;
  /** The server has answered before. */
  #hasAnswered = false;
  #isClosed = false;

  constructor(
    { login, parameters, place, schema }: PostgresAddress,
    { connections, name, onMessage = () => {} }: ClientOptions,
  ) {
    this.#place = place;
    this.#connect = () => {
      const sockets = new Sockets(login, CONNECT_MS);
      const sql = postgres(`postgres://?${parameters}`, {
        ...login,
        max: connections,
        connect_timeout: CONNECT_MS / 1_000,
        idle_timeout: 0,
        max_lifetime: null,
        backoff: (tries: number) => Math.min(0.1 * 2 ** tries, 2),
        onnotice: () => {},
        ...{ socket: () => sockets.make() },
        ...{ onnotify: (_channel: string, text: string) => onMessage(text) },
        // The driver would ask for the types of arrays, and a server that dies meanwhile would take this process with it.
        fetch_types: false,
        types: {
          bigint: { to: 20, from: [20], parse: Number, serialize: String },
          bigints: { to: 1016, from: [], parse: String, serialize: toArray },
          ints: { to: 1007, from: [], parse: String, serialize: toArray },
          texts: { to: 1009, from: [], parse: String, serialize: toArray },
        },
        connection: {
          application_name: "persistent-queue",
          search_path: `"${schema}"`,
          "persistent_queue.store": name,
          ...SETTINGS,
        },
      });
      return { sql, sockets, isSilent: false };
    };
    ignoreStrayWrites();
    this.#driver = this.#connect();
  }

  async query(statement: string, values: readonly Value[]): Promise<Row[]> {
    return await this.#withRetries(() => this.#driver.sql.unsafe(statement, [...values], { prepare: true }));
  }

  async script(statements: string): Promise<void> {
    await this.#withRetries(() => this.#driver.sql.unsafe(statements));
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
    const run = () =>
      this.#driver.sql.begin((sql: postgres.TransactionSql) =>
        work({
          query: (statement, values) => sql.unsafe(statement, [...values], { prepare: true }),
          script: async (statements) => void await sql.unsafe(statements),
        })
      );
    // The driver's type unpacks arrays of promises, which `work` does not return.
    return await this.#withRetries(run, withinMs) as T;
  }

  /**
   * Returns a function that drops the current connections with all calls in flight, unless they have been replaced by then:
   * a connection that was cut off in the network would wait for a quarter of an hour. New ones are made when needed.
   */
  dropper(): () => void {
    const driver = this.#driver;
    return () => {
      if (driver !== this.#driver) return;
      driver.isSilent = true;
      this.#replace({ afterSeconds: 0 });
    };
  }

  /** The server takes no writes: another one may have its address by now. Reads in flight are finished first. */
  #leave(): void {
    if (performance.now() - this.#leftAt < LEAVE_MS) return;
    this.#leftAt = performance.now();
    this.#replace({ afterSeconds: CLOSE_SECONDS });
  }

  #replace({ afterSeconds }: { readonly afterSeconds: number }): void {
    if (this.#isClosed) return;
    const ending = end(this.#driver, afterSeconds).catch(() => {}).finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
    this.#driver = this.#connect();
  }

  /** Statements in flight are completed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#ending, end(this.#driver, CLOSE_SECONDS)]);
  }

  async #withRetries<T>(run: () => PromiseLike<T>, withinMs = GIVEN_UP_MS): Promise<T> {
    for (let left = RETRIES;; left--) {
      const driver = this.#driver;
      try {
        const result = await withTimeout(run(), { withinMs, server: SERVER, place: this.#place });
        this.#hasAnswered = true;
        return result;
      } catch (error) {
        // Once, however many calls were using it.
        const isLost = isConnectionLost(error) || driver.sockets.hasFailed;
        if (isLost && driver === this.#driver) this.#replace({ afterSeconds: LOST_SECONDS });
        if (isReadOnly(error) && driver === this.#driver) this.#leave();
        if (isLost && driver.isSilent) throw silence(SERVER, this.#place);
        if (left === 0 || !isRetryable(error)) {
          const { isWithoutTls } = driver.sockets;
          throw toQueueError(error, { place: this.#place, hasAnswered: this.#hasAnswered, isWithoutTls });
        }
      }
    }
  }
}
