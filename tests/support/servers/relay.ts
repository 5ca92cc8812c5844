/** The way between a system and its server: it can be cut off, swallow what is sent, lose answers, and lead elsewhere. */
import { freePort } from "../processes/free_port.ts";

export interface Relay extends AsyncDisposable {
  readonly port: number;
  /** When a connection was asked for, in milliseconds of the monotonic clock. */
  readonly asked: readonly number[];
  /** Ends all connections and takes no other. */
  cut(): void;
  /**
   * Lets nothing through in either direction, as a cable that was pulled out: neither side learns of it, nor that the other
   * one ends a connection, and a new one leads nowhere.
   */
  swallow(): void;
  /** Everything passes again. What was swallowed is lost, and so are its connections. */
  mend(): void;
  /**
   * So many answers on connections that are in use arrive, and the next one does not: its connection ends instead. Resolves
   * then.
   */
  loseAnswer(after: number): Promise<void>;
  /** Connections that are made from now on lead to this port; the others stay what they are. */
  leadTo(port: number): void;
  /** Ends all connections; others may be made at once. */
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

/** A connection of the system, and the one to the server that belongs to it. */
interface Pair {
  readonly near: Deno.TcpConn;
  readonly far: Deno.TcpConn;
  /** How often the server said something. */
  answers: number;
}

/** What the server says first is its part of the greeting. */
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
    // Half of what a connection carried may be lost.
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
