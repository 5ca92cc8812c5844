/** A TCP relay between a system and its server: it can cut connections, swallow data, lose answers and switch servers. */
import { freePort } from "../processes/free_port.ts";

export interface Relay extends AsyncDisposable {
  readonly port: number;
  /** When connections were requested, in milliseconds of the monotonic clock. */
  readonly asked: readonly number[];
  /** Ends all connections and accepts no new ones. */
  cut(): void;
  /**
   * Lets nothing through in either direction, like a pulled cable: neither side learns of it, or that the other one closes
   * a connection, and a new connection leads nowhere.
   */
  swallow(): void;
  /** Lets everything through again. What was swallowed is lost, and so are its connections. */
  mend(): void;
  /**
   * Lets this many answers arrive on connections in use, and ends the connection of the next one instead. Resolves
   * then.
   */
  loseAnswer(after: number): Promise<void>;
  /** Leads new connections to this port; existing ones stay as they are. */
  leadTo(port: number): void;
  /** Ends all connections; new ones are accepted at once. */
  endAll(): void;
}

type Mode = "open" | "cut" | "swallowing";

export function relayTo(port: number, hostname = "127.0.0.1"): Relay {
  const relay = new TcpRelay(port, hostname);
  return {
    port: relay.port,
    asked: relay.asked,
    cut: () => relay.become("cut"),
    swallow: () => relay.become("swallowing"),
    mend: () => relay.become("open"),
    loseAnswer: (after) => relay.loseAnswer(after),
    leadTo: (port) => relay.leadTo(port),
    endAll: () => relay.endAll(),
    [Symbol.asyncDispose]: () => relay.close(),
  };
}

/** A connection of the system, and the matching one to the server. */
interface Pair {
  readonly near: Deno.TcpConn;
  readonly far: Deno.TcpConn;
  /** How many times the server has sent something. */
  answers: number;
}

/** How many times the server sends during the handshake. */
const GREETING = 2;

class TcpRelay {
  readonly port = freePort();
  readonly asked: number[] = [];
  #to: number;
  readonly #hostname: string;
  readonly #listener: Deno.TcpListener;
  readonly #pairs = new Set<Pair>();
  /** Connections that lead nowhere. */
  readonly #lost = new Set<Deno.TcpConn>();
  readonly #work: Promise<unknown>[] = [];
  #mode: Mode = "open";
  #toLose: { after: number; readonly onLost: () => void } | null = null;

  constructor(to: number, hostname: string) {
    this.#to = to;
    this.#hostname = hostname;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: this.port });
    this.#work.push(this.#accept());
  }

  become(mode: Mode): void {
    // Part of what a connection carried may be lost.
    if (mode !== "swallowing") this.endAll();
    this.#mode = mode;
  }

  leadTo(port: number): void {
    this.#to = port;
  }

  loseAnswer(after: number): Promise<void> {
    return new Promise((onLost) => this.#toLose = { after, onLost });
  }

  async close(): Promise<void> {
    this.#listener.close();
    this.endAll();
    await Promise.all(this.#work);
  }

  endAll(): void {
    for (const pair of this.#pairs) this.#end(pair);
    for (const near of this.#lost) near.close();
    this.#lost.clear();
  }

  #end(pair: Pair): void {
    if (!this.#pairs.delete(pair)) return;
    pair.near.close();
    pair.far.close();
  }

  async #accept(): Promise<void> {
    for await (const near of this.#listener) {
      this.asked.push(performance.now());
      if (this.#mode === "cut") near.close();
      else if (this.#mode === "swallowing") this.#lost.add(near);
      else this.#work.push(this.#connect(near));
    }
  }

  async #connect(near: Deno.TcpConn): Promise<void> {
    const far = await Deno.connect({ hostname: this.#hostname, port: this.#to }).catch(() => null);
    if (far === null) return near.close();
    const pair: Pair = { near, far, answers: 0 };
    this.#pairs.add(pair);
    if (this.#mode === "cut") return this.#end(pair);
    await Promise.all([this.#pass(near, far, pair), this.#pass(far, near, pair)]);
  }

  async #pass(from: Deno.TcpConn, to: Deno.TcpConn, pair: Pair): Promise<void> {
    const bytes = new Uint8Array(64 * 1024);
    try {
      for (let n = await from.read(bytes); n !== null; n = await from.read(bytes)) {
        if (this.#mode === "swallowing") continue;
        if (from === pair.far && this.#isLost(pair)) break;
        for (let at = 0; at < n;) at += await to.write(bytes.subarray(at, n));
      }
    } catch {
      // It was ended on one side.
    }
    if (this.#mode !== "swallowing") this.#end(pair);
  }

  #isLost(pair: Pair): boolean {
    pair.answers += 1;
    if (this.#toLose === null || pair.answers <= GREETING || this.#toLose.after-- > 0) return false;
    this.#toLose.onLost();
    this.#toLose = null;
    return true;
  }
}
