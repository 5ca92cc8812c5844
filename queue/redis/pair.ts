/** Two connections to one server, which are begun and given up together: one for commands, and one that listens. */
import { connect, type Connection, type Watch } from "./connect.ts";

/** How long the calls on connections that are left may take to end. */
const LAST_ANSWERS_MS = 500;

export interface PairOptions {
  readonly url: string;
  /** Heard until the pair is given up. */
  readonly watch: Watch;
  /** Called whenever the connection that listens is there: it may have missed messages. */
  readonly onListening: () => void;
}

export class Pair {
  readonly commands: Connection;
  readonly listener: Connection;
  #isGivenUp = false;
  #hasBegun = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor({ url, watch, onListening }: PairOptions) {
    const ours: Watch = {
      isOpen: () => !this.#isGivenUp && watch.isOpen(),
      onWait: (ms) => watch.onWait(ms),
      onError: (error) => this.#isGivenUp || watch.onError(error),
    };
    this.commands = connect(url, ours);
    this.listener = connect(url, ours);
    this.listener.on("ready", () => this.#isGivenUp || onListening());
  }

  /** It has all channels: when its connection is lost, the driver sees to it that it has them again. */
  get isListening(): boolean {
    return this.#hasBegun && this.listener.isReady;
  }

  /** `subscribe`: to all channels. @throws what the driver says, and once the pair is given up */
  async begin(subscribe: (listener: Connection) => Promise<void>): Promise<void> {
    await this.#step(() => this.commands.connect());
    await this.#step(() => this.listener.connect());
    await this.#step(() => subscribe(this.listener));
    this.#hasBegun = true;
  }

  /** A connection that is given up while the driver makes it is made all the same, and has to go then. */
  async #step(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } finally {
      if (this.#isGivenUp) this.#destroy();
    }
    if (this.#isGivenUp) throw new Error("The connection was given up");
  }

  /** At once, with the calls that are under way. */
  giveUp(): void {
    this.#isGivenUp = true;
    clearTimeout(this.#timer);
    this.#destroy();
  }

  /** Calls that are under way get their answers; what has none by then never gets one. Resolves then. */
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

  /** Those that are not open, too: calls may wait on them. */
  #destroy(): void {
    this.commands.destroy();
    this.listener.destroy();
  }
}
