/**
 * The sockets of one driver. Left to itself, the driver (3.4.9) reconnects at once, hundreds of times a second, when a
 * connection is closed before the server says anything, as by a proxy without a server behind it; its callers keep waiting.
 */
import { connect, type Socket } from "node:net";
import { NOT_POSTGRES } from "./faults.ts";

interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

/** The first byte that a server may send: of the login, an error, a notice, the answer below, or TLS. */
const FIRST_BYTES = new TextEncoder().encode("REvNS\x16");
/** The server refuses a request for TLS: https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SSL */
const NO = "N".charCodeAt(0);

export class Sockets {
  readonly #server: ServerAddress;
  readonly #connectMs: number;
  readonly #made = new Set<Socket>();
  /** A connection was closed before the server said anything. */
  #wasDropped = false;
  #isWithoutTls = false;
  #hasFailed = false;
  #isClosed = false;

  constructor(server: ServerAddress, connectMs: number) {
    this.#server = server;
    this.#connectMs = connectMs;
  }

  /** The driver has a connection that it never makes again: later calls need a new driver. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** The server refused when the driver asked for TLS. */
  get isWithoutTls(): boolean {
    return this.#isWithoutTls;
  }

  /** Returns a connected socket. @throws {Error} with a code; and on every call once a connection was dropped */
  async make(): Promise<Socket> {
    try {
      return await this.#connect();
    } catch (error) {
      this.#hasFailed = true;
      throw error;
    }
  }

  /** Closes every connection at once, including those that are still being made. */
  close(): void {
    this.#isClosed = true;
    for (const socket of this.#made) socket.destroy();
  }

  #connect(): Promise<Socket> {
    if (this.#wasDropped) throw lost("The connection was closed before the server answered", "ECONNRESET");
    const { host, port } = this.#server;
    const socket = connect({ host, port });
    this.#made.add(socket);
    const made = Promise.withResolvers<Socket>();
    const timer = setTimeout(
      () => socket.destroy(lost("The connection was not made in time", "ETIMEDOUT")),
      this.#connectMs,
    );
    socket.once("error", made.reject);
    socket.once("close", () => {
      clearTimeout(timer);
      this.#made.delete(socket);
      this.#wasDropped ||= socket.bytesRead === 0;
      made.reject(lost("The connection was closed", "ECONNRESET"));
    });
    socket.once("data", (bytes: Uint8Array) => {
      this.#isWithoutTls = bytes.length === 1 && bytes[0] === NO;
      if (FIRST_BYTES.includes(bytes[0] ?? NO)) return;
      this.#hasFailed = true;
      socket.destroy(lost("The answer is in another protocol", NOT_POSTGRES));
    });
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.removeListener("error", made.reject);
      if (this.#isClosed) socket.destroy();
      // For TLS, the driver reads the host name from the socket, and the certificate check reads the address.
      else made.resolve(Object.assign(socket, { host, port, _host: host }));
    });
    return made.promise;
  }
}

function lost(why: string, code: string): Error {
  return Object.assign(new Error(why), { code });
}
