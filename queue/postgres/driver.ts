/**
 * The driver with its connections, and the calls in flight on them. Left to itself, the driver (3.4.9) forgets a call that
 * waits for a connection when the last connection fails: its caller would wait until the call is given up.
 */
import postgres from "postgres";
import type { PostgresAddress } from "./address.ts";
import { SETTINGS } from "./settings.ts";
import { Sockets } from "./sockets.ts";

interface DriverOptions {
  readonly connections: number;
  /** Names the store in notifications, and tells its sessions from others. */
  readonly name: string;
  readonly onMessage: (text: string) => void;
}

const CONNECT_MS = 5_000;

export class Driver {
  readonly sockets: Sockets;
  readonly #sql: postgres.Sql<{ bigint: number }>;
  /** Each fails its call. */
  readonly #inFlight = new Set<(error: Error) => void>();
  /** It was dropped because the server does not answer. */
  isSilent = false;

  constructor(
    { login, parameters, schema }: PostgresAddress,
    { connections, name, onMessage }: DriverOptions,
  ) {
    this.sockets = new Sockets(login, CONNECT_MS);
    this.#sql = postgres(`postgres://?${parameters}`, {
      ...login,
      max: connections,
      connect_timeout: CONNECT_MS / 1_000,
      idle_timeout: 0,
      max_lifetime: null,
      backoff: (tries: number) => Math.min(0.1 * 2 ** tries, 2),
      onnotice: () => {},
      ...{ socket: () => this.sockets.make() },
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
  }

  /** Returns the result of the call. It fails when the driver has ended, at the latest. */
  run<T>(call: (sql: postgres.Sql) => PromiseLike<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#inFlight.add(reject);
    const done = () => this.#inFlight.delete(reject);
    call(this.#sql).then(resolve, reject).then(done, done);
    return promise;
  }

  /** Calls in flight get this many seconds to end by themselves. */
  async end(withinSeconds: number): Promise<void> {
    await this.#sql.end({ timeout: withinSeconds }).finally(() => this.sockets.close());
    // An answer that came just before the end is on its way to its caller.
    await new Promise((resolve) => setTimeout(resolve, 0));
    const lost = Object.assign(new Error("there was no connection left"), { code: "CONNECTION_DESTROYED" });
    for (const fail of this.#inFlight) fail(lost);
  }
}

/** An array as the server reads it: https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO */
function toArray(values: readonly (string | number | null)[]): string {
  const element = (value: string | number | null) =>
    value === null ? "NULL" : `"${String(value).replaceAll(/[\\"]/g, "\\$&")}"`;
  return `{${values.map(element).join()}}`;
}
