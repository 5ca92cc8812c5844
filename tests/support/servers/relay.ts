/** The way between a system and its server, which can be cut off or swallow what is sent. */
import { freePort } from "../processes/free_port.ts";

export interface Relay extends AsyncDisposable {
  readonly port: number;
  /** Ends all connections and takes no other. */
  cut(): void;
  /** Keeps all connections, and lets nothing through in either direction. */
  swallow(): void;
  /** Everything passes again. What was swallowed is lost, and so are its connections. */
  mend(): void;
}

type Mode = "open" | "cut" | "swallowing";

export function relayTo(port: number): Relay {
  const relay = new TcpRelay(port);
  return {
    port: relay.port,
    cut: () => relay.become("cut"),
    swallow: () => relay.become("swallowing"),
    mend: () => relay.become("open"),
    [Symbol.asyncDispose]: () => relay.close(),
  };
}

class TcpRelay {
  readonly port = freePort();
  readonly #to: number;
  readonly #listener: Deno.TcpListener;
  readonly #pairs = new Set<readonly Deno.TcpConn[]>();
  readonly #work: Promise<unknown>[] = [];
  #mode: Mode = "open";

  constructor(to: number) {
    this.#to = to;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: this.port });
    this.#work.push(this.#accept());
  }

  become(mode: Mode): void {
    // Half of what a connection carried may be lost.
    if (mode !== "swallowing") this.#endAll();
    this.#mode = mode;
  }

  async close(): Promise<void> {
    this.#listener.close();
    this.#endAll();
    await Promise.all(this.#work);
  }

  #endAll(): void {
    for (const pair of this.#pairs) this.#end(pair);
  }

  #end(pair: readonly Deno.TcpConn[]): void {
    if (!this.#pairs.delete(pair)) return;
    for (const connection of pair) connection.close();
  }

  async #accept(): Promise<void> {
    for await (const near of this.#listener) {
      if (this.#mode === "cut") near.close();
      else this.#work.push(this.#connect(near));
    }
  }

  async #connect(near: Deno.TcpConn): Promise<void> {
    const far = await Deno.connect({ hostname: "127.0.0.1", port: this.#to }).catch(() => null);
    if (far === null) return near.close();
    const pair = [near, far] as const;
    this.#pairs.add(pair);
    if (this.#mode === "cut") return this.#end(pair);
    await Promise.all([this.#pass(near, far, pair), this.#pass(far, near, pair)]);
  }

  async #pass(from: Deno.TcpConn, to: Deno.TcpConn, pair: readonly Deno.TcpConn[]): Promise<void> {
    const bytes = new Uint8Array(64 * 1024);
    try {
      for (let n = await from.read(bytes); n !== null; n = await from.read(bytes)) {
        if (this.#mode === "swallowing") continue;
        for (let at = 0; at < n;) at += await to.write(bytes.subarray(at, n));
      }
    } catch {
      // It was ended on one side.
    }
    this.#end(pair);
  }
}
