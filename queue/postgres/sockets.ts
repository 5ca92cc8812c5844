/**
 * The sockets of one driver. Left to itself, the driver (3.4.9) makes a connection anew at once, hundreds of times a second,
 * if it is closed before the server says a word, as by a proxy that has no server behind it; its callers wait meanwhile.
 */
import { connect, type Socket } from "node:net";

/** As the driver reads it from the URL: hosts with a port each, or the path of a socket of this machine. */
export interface ServerAddress {
  readonly host: readonly string[];
  readonly port: readonly number[];
  readonly path?: string | false;
}

/** The answer to the question for TLS: https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SSL */
const NO = "N".charCodeAt(0);

export class Sockets {
  readonly #connectMs: number;
  readonly #made = new Set<Socket>();
  #tries = 0;
  /** A connection was closed before the server said a word. */
  #wasDropped = false;
  #isWithoutTls = false;
  #hasFailed = false;
  #isClosed = false;

  constructor(connectMs: number) {
    this.#connectMs = connectMs;
  }

  /** The driver has a connection that it never makes again: what comes next needs a new driver. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** The server has said no when the driver asked it for TLS. */
  get isWithoutTls(): boolean {
    return this.#isWithoutTls;
  }

  /**
   * A socket that is connected. Of several hosts, each call begins with the next one.
   * @throws {Error} with a code; from then on always, once a connection was dropped
   */
  async make(address: ServerAddress): Promise<Socket> {
    try {
      return await this.#make(address);
    } catch (error) {
      this.#hasFailed = true;
      throw error;
    }
  }

  async #make({ host, port, path }: ServerAddress): Promise<Socket> {
    if (path) return await this.#connect({ path });
    for (let left = host.length - 1;; left--) {
      const at = this.#tries++ % host.length;
      try {
        return await this.#connect({ host: host[at] ?? "localhost", port: port[at] ?? NaN });
      } catch (error) {
        if (left <= 0) throw error;
      }
    }
  }

  /** Ends every connection at once, also those that are being made. */
  close(): void {
    this.#isClosed = true;
    for (const socket of this.#made) socket.destroy();
  }

  #connect(
    place: { readonly path: string } | { readonly host: string; readonly port: number },
  ): Promise<Socket> {
    if (this.#wasDropped) throw lost("The connection was closed before the server answered", "ECONNRESET");
    const socket = connect(place);
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
    socket.once("data", (bytes: Uint8Array) => this.#isWithoutTls = bytes.length === 1 && bytes[0] === NO);
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.removeListener("error", made.reject);
      if (this.#isClosed) socket.destroy();
      // For TLS, the driver asks the socket for the name, and the check of a certificate asks it for the address.
      else made.resolve(Object.assign(socket, place, "host" in place ? { _host: place.host } : {}));
    });
    return made.promise;
  }
}

function lost(why: string, code: string): Error {
  return Object.assign(new Error(why), { code });
}
