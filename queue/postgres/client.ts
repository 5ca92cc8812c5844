/** Connections to one server: statements with bound values, and errors as sentences. */
import postgres from "postgres";
import type { PostgresAddress } from "./address.ts";
import { answered } from "../storing/answered.ts";
import { ignoreLeftWrites, isConnectionLost } from "./driver_faults.ts";
import { isReadOnly, mayBeRepeated, toQueueError } from "./faults.ts";
import { Sockets } from "./sockets.ts";

export type Row = Record<string, unknown>;
export type Value = string | number | boolean | null | readonly (string | number | null)[];

/** Runs statements: each alone, or all of one transaction. */
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
  /** Called with each message that a channel brings to a connection that listens to it. */
  readonly onMessage?: (text: string) => void;
}

/**
 * Plans are made once and kept, while the tables grow from nothing to millions of rows: so each plan uses the indexes
 * that its statement was written for, whatever the statistics said at that time.
 */
const PLANS = {
  ...{ enable_seqscan: "off", enable_bitmapscan: "off", enable_hashjoin: "off", enable_mergejoin: "off" },
  // Without rows between two steps: 1,000 completions compared each with every job in flight otherwise.
  ...{ enable_material: "off", jit: "off", plan_cache_mode: "force_generic_plan" },
};
/**
 * Seconds after which the server finds out that our host is gone, and frees the lock of the process; and milliseconds, where
 * something was sent to it meanwhile: then no keep-alive is, and the network would try for a quarter of an hour.
 */
const KEEP_ALIVE = { tcp_keepalives_idle: 5, tcp_keepalives_interval: 2, tcp_keepalives_count: 3 };
const UNACKNOWLEDGED = { tcp_user_timeout: 11_000 };
/** What is acknowledged is on the disk, whatever the server, the database or the user has been set to. */
const DURABLE = { synchronous_commit: "on" };
const SESSION = { ...PLANS, ...KEEP_ALIVE, ...UNACKNOWLEDGED, ...DURABLE, TimeZone: "UTC" };

/** As messages name it. */
export const SERVER = "PostgreSQL";

const CONNECT_MS = 5_000;
/** A statement is over in milliseconds. */
const STATEMENT_MS = 20_000;
/**
 * Shorter than anything waits for an answer: a statement that goes on waiting when its caller has given up keeps its
 * connection, and the next one takes another.
 */
const LOCK_MS = 1_000;
/** And one that has no answer even then never gets one. */
const GIVEN_UP_MS = STATEMENT_MS + 5_000;
/** A connection that was lost meanwhile is noticed by its keep-alive. */
const LONG_MS = 24 * 3_600_000;
/** No transaction of ours waits for anything but its own statements. */
const IDLE_IN_TRANSACTION_MS = 20_000;
const CLOSE_SECONDS = 5;
/** One connection was lost: what is under way on the others ends by itself, or is lost as well. */
const LOST_SECONDS = 1;
/** Two writes that lock the same rows in another order are decided by the server: one of them is repeated. */
const REPEATS = 5;

/** How often a server that takes no writes is left, so that what only reads goes on meanwhile. */
const LEAVE_MS = 1_000;

interface Driver {
  readonly sql: postgres.Sql<{ bigint: number }>;
  readonly sockets: Sockets;
}

/** What is under way on its connections gets so many seconds to end by itself. */
async function end({ sql, sockets }: Driver, withinSeconds: number): Promise<void> {
  await sql.end({ timeout: withinSeconds }).finally(() => sockets.close());
}

/** As the server reads an array: https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO */
function toArray(values: readonly (string | number | null)[]): string {
  const element = (value: string | number | null) =>
    value === null ? "NULL" : `"${String(value).replaceAll(/[\\"]/g, "\\$&")}"`;
  return `{${values.map(element).join()}}`;
}

export class Client implements Tx {
  readonly #place: string;
  readonly #connect: () => Driver;
  #driver: Driver;
  /** Ends of earlier ones. */
  readonly #left = new Set<Promise<void>>();
  #leftAt = -Infinity;
  /** It has been let in before. */
  #wasIn = false;
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
        // The driver asks the server for the types of arrays, and a server that dies meanwhile ends this process with it.
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
          statement_timeout: STATEMENT_MS,
          lock_timeout: LOCK_MS,
          idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
          "persistent_queue.store": name,
          ...SESSION,
        },
      });
      return { sql, sockets };
    };
    ignoreLeftWrites();
    this.#driver = this.#connect();
  }

  async query(statement: string, values: readonly Value[]): Promise<Row[]> {
    return await this.#repeated(() => this.#driver.sql.unsafe(statement, [...values], { prepare: true }));
  }

  async script(statements: string): Promise<void> {
    await this.#repeated(() => this.#driver.sql.unsafe(statements));
  }

  /** All statements of `work`, or none. Those that it starts together travel together. */
  async transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return await this.#begin(work, GIVEN_UP_MS);
  }

  /** The same for work on each row of a large table, which may take hours. */
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
    return await this.#repeated(run, withinMs) as T;
  }

  /**
   * What gives up the connections of now, with what is under way on them, unless others have taken their place meanwhile: a
   * connection that was cut off on the way would wait for a quarter of an hour. New ones are made when they are needed.
   */
  givesUp(): () => void {
    const driver = this.#driver;
    return () => {
      if (driver === this.#driver) this.#replace({ afterSeconds: 0 });
    };
  }

  /** The server takes no writes: another one may have its address by now. What is being read there is read to its end. */
  #leave(): void {
    if (performance.now() - this.#leftAt < LEAVE_MS) return;
    this.#leftAt = performance.now();
    this.#replace({ afterSeconds: CLOSE_SECONDS });
  }

  #replace({ afterSeconds }: { readonly afterSeconds: number }): void {
    if (this.#isClosed) return;
    const left = end(this.#driver, afterSeconds).catch(() => {}).finally(() => this.#left.delete(left));
    this.#left.add(left);
    this.#driver = this.#connect();
  }

  /** Statements that were begun are completed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#left, end(this.#driver, CLOSE_SECONDS)]);
  }

  async #repeated<T>(run: () => PromiseLike<T>, withinMs = GIVEN_UP_MS): Promise<T> {
    for (let left = REPEATS;; left--) {
      const driver = this.#driver;
      try {
        const patience = { withinMs, server: SERVER, place: this.#place };
        const result = await answered(run(), patience);
        this.#wasIn = true;
        return result;
      } catch (error) {
        // Once, whatever number of calls was on it.
        const isLost = isConnectionLost(error) || driver.sockets.hasFailed;
        if (isLost && driver === this.#driver) this.#replace({ afterSeconds: LOST_SECONDS });
        if (isReadOnly(error) && driver === this.#driver) this.#leave();
        if (left === 0 || !mayBeRepeated(error)) {
          const { isWithoutTls } = driver.sockets;
          throw toQueueError(error, { place: this.#place, wasIn: this.#wasIn, isWithoutTls });
        }
      }
    }
  }
}
