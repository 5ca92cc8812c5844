/** Two connections to one server, which are opened and given up together: one for commands, and one that listens. */
import { connect, type Connection, type Watch } from "./connect.ts";

/** How long calls in flight may take on connections that are being left. */
const LAST_ANSWERS_MS = 500;

export interface ConnectionPairOptions {
  readonly url: string;
  /** Called until the pair is given up. */
  readonly watch: Watch;
  /** Called whenever the connection that listens is ready: it may have missed messages. */
  readonly onListening: () => void;
}

export class ConnectionPair {
  readonly commands: Connection;
  readonly listener: Connection;
  #isGivenUp = false;
  #hasBegun = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor({ url, watch, onListening }: ConnectionPairOptions) {
    const ours: Watch = {
      isOpen: () => !this.#isGivenUp && watch.isOpen(),
      onBackoff: (ms) => watch.onBackoff(ms),
      onError: (error) => this.#isGivenUp || watch.onError(error),
    };
    this.commands = connect(url, ours);
    this.listener = connect(url, ours);
    this.listener.on("ready", () => this.#isGivenUp || onListening());
  }

  /** It is subscribed to all channels: after a lost connection, the driver subscribes again. */
  get isListening(): boolean {
    return this.#hasBegun && this.listener.isReady;
  }

  /** `subscribe`: subscribes to all channels. @throws what the driver throws, and once the pair is given up */
  async begin(subscribe: (listener: Connection) => Promise<void>): Promise<void> {
    await this.#step(() => this.commands.connect());
    await this.#step(() => this.listener.connect());
    await this.#step(() => subscribe(this.listener));
    this.#hasBegun = true;
  }

  /** A connection that is given up while the driver makes it is made all the same, and must be closed then. */
  async #step(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } finally {
      if (this.#isGivenUp) this.#destroy();
    }
    if (this.#isGivenUp) throw new Error("The connection was given up");
  }

  /** At once, with all calls in flight. */
  giveUp(): void {
    this.#isGivenUp = true;
    clearTimeout(this.#timer);
    this.#destroy();
  }

  /** Calls in flight still get their answers for a while. Resolves when that is over: later answers are lost. */
  leave(): Promise<void> {
    this.#isGivenUp = true;
    for (const connection of [this.commands, this.listener]) {
      if (connection.isOpen) connection.close().catch(() => {});
    }
    return new Promise((resolve) => {
      this.#timer = setTimeout(() => {
        this.#destroy();
        resolve();
      }, LAST_ANSWERS_MS);
    });
  }

  /** Even if they are not open: calls may be waiting on them. */
  #destroy(): void {
    this.commands.destroy();
    this.listener.destroy();
  }
}
