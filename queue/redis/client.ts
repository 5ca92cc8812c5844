/** Two connections to one server, one for commands and one that listens; errors as sentences. */
import { Buffer } from "node:buffer";
import { createClient } from "@redis/client";
import { StorageError } from "../errors.ts";
import type { RedisAddress } from "./address.ts";
import { isOffline, isReadOnly, isUnknownScript, offlineBecause, toQueueError } from "./faults.ts";
import { sleep } from "../basics/time.ts";
import { type Script, SCRIPTS } from "./scripts.ts";

/** Null: a text that is absent. */
export type Value = string | number | null;
/** What a script returns. */
export type Reply = string | number | null | Reply[];

/** No text from outside has this byte: it is not UTF-8. */
const NULL = Buffer.from([255]);

const CONNECT_MS = 5_000;
/** A script is over in milliseconds: a server that is silent for this long is gone. */
const SILENT_MS = 20_000;
const PING_MS = 5_000;
/** So long at most does the driver wait before it connects again, and a client that is closed meanwhile waits for it. */
const LONGEST_WAIT_MS = 1_000;

/** How often a server that takes no writes is left. */
const LEAVE_MS = 1_000;
/** How long the calls on a connection that is left may take to end. */
const LAST_ANSWERS_MS = 500;

interface Watch {
  /** Whether a lost connection is made again. */
  readonly isOpen: () => boolean;
  /** Called before the driver waits for so long, which nothing can end earlier. */
  readonly onWait: (ms: number) => void;
  /** Why there is no connection at the moment. */
  readonly onError: (error: unknown) => void;
}

/** A command that meets a lost connection fails: whether it took effect is unknown, so that it is not sent again. */
function connect(url: string, { isOpen, onWait, onError }: Watch) {
  const waitMsOf = (tries: number) => {
    const waitMs = Math.min(50 * 2 ** tries, LONGEST_WAIT_MS);
    onWait(waitMs);
    return waitMs;
  };
  const client = createClient({
    url,
    RESP: 2,
    disableOfflineQueue: true,
    maintNotifications: "disabled",
    pingInterval: PING_MS,
    socket: {
      connectTimeout: CONNECT_MS,
      socketTimeout: SILENT_MS,
      // The first connection is made or not: what waits for it says why.
      reconnectStrategy: (tries, cause) => isOpen() ? waitMsOf(tries) : cause,
    },
  });
  // Each call says what is wrong; the driver connects again by itself.
  client.on("error", onError);
  return client;
}

/** What matters of these channels is that this process listens at all. */
const NO_LISTENER = () => {};

type Connection = ReturnType<typeof connect>;

interface ClientOptions {
  /** Called with each message of the queue's channel. */
  readonly onMessage: (text: string) => void;
  /** Called when the connection that listens is there again: it may have missed messages. */
  readonly onListening: () => void;
}

export class Client {
  readonly #address: RedisAddress;
  readonly #options: ClientOptions;
  /** Beside that of changes. */
  readonly #channels = new Set<string>();
  #commands: Connection;
  #listener: Connection;
  /** Why the last connection was lost or not made. */
  #lastError: unknown = null;
  #leftAt = -Infinity;
  /** Connections that were left, by the timers that end them. */
  readonly #left = new Map<ReturnType<typeof setTimeout>, Connection>();
  #isOpen = false;
  /** When the last wait of a connection that was lost is over, by `performance.now()`. */
  #waitsUntil = -Infinity;

  constructor(address: RedisAddress, options: ClientOptions) {
    this.#address = address;
    this.#options = options;
    [this.#commands, this.#listener] = this.#connections();
  }

  #connections(): [commands: Connection, listener: Connection] {
    const watch: Watch = {
      isOpen: () => this.#isOpen,
      onWait: (ms) => this.#waitsUntil = Math.max(this.#waitsUntil, performance.now() + ms),
      onError: (error) => this.#lastError = error,
    };
    const { url } = this.#address;
    const listener = connect(url, watch);
    listener.on("ready", () => this.#isOpen && this.#options.onListening());
    return [connect(url, watch), listener];
  }

  /** From the promise on, changes of other stores are told. @throws {StorageError} */
  async open(): Promise<void> {
    try {
      await this.#begin();
      this.#isOpen = true;
    } catch (error) {
      throw toQueueError(error, this.#address.place);
    }
  }

  async #begin(): Promise<void> {
    const [commands, listener] = [this.#commands, this.#listener];
    await commands.connect();
    await listener.connect();
    await listener.subscribe(this.key("changes"), this.#options.onMessage);
    for (const channel of this.#channels) await listener.subscribe(channel, NO_LISTENER);
  }

  /**
   * The server takes no writes: another one may have its address by now, and this one would keep the connections for ever.
   * What is being read there is read to its end.
   */
  #leave(): void {
    if (!this.#isOpen || performance.now() - this.#leftAt < LEAVE_MS) return;
    this.#leftAt = performance.now();
    for (const left of [this.#commands, this.#listener]) this.#close(left);
    [this.#commands, this.#listener] = this.#connections();
    this.#begin().catch((error) => this.#lastError = error);
  }

  /** Calls that are under way get their answers; what has none by then never gets one, as if the connection were lost. */
  #close(left: Connection): void {
    if (!left.isOpen) return;
    left.close().catch(() => {});
    const timer = setTimeout(() => {
      this.#left.delete(timer);
      left.destroy();
    }, LAST_ANSWERS_MS);
    this.#left.set(timer, left);
  }

  /** A key of the queue. */
  key(name: string): string {
    return `${this.#address.name}:${name}`;
  }

  get place(): string {
    return this.#address.place;
  }

  async run(name: keyof typeof SCRIPTS, values: readonly Value[]): Promise<Reply> {
    const script: Script = SCRIPTS[name];
    const words = ["1", this.#address.name, ...values.map((value) => value === null ? NULL : String(value))];
    return await this.#said(async () => {
      try {
        return await this.#commands.sendCommand(["EVALSHA", script.sha, ...words]);
      } catch (error) {
        if (!isUnknownScript(error)) throw error;
        return await this.#commands.sendCommand(["EVAL", script.text, ...words]);
      }
    });
  }

  async command(...words: string[]): Promise<Reply> {
    return await this.#said(() => this.#commands.sendCommand(words));
  }

  /** Listens to another channel of the queue, as long as this process has a connection. @throws {StorageError} */
  async subscribe(name: string): Promise<void> {
    const channel = this.key(name);
    this.#channels.add(channel);
    await this.#said(() => this.#listener.subscribe(channel, NO_LISTENER));
  }

  async unsubscribe(name: string): Promise<void> {
    const channel = this.key(name);
    this.#channels.delete(channel);
    await this.#said(() => this.#listener.unsubscribe(channel));
  }

  /** To all that listen. */
  async publish(text: string): Promise<void> {
    await this.command("PUBLISH", this.key("changes"), text);
  }

  /** @throws {StorageError} unless changes of other stores are told */
  assertListening(): void {
    if (this.#listener.isReady) return;
    throw new StorageError(`Redis cannot be reached (${this.#address.place}): its messages do not come.`, {
      passing: true,
      publicMessage: "Redis cannot be reached.",
    });
  }

  async #said(send: () => Promise<unknown>): Promise<Reply> {
    try {
      return await send() as Reply;
    } catch (error) {
      if (isReadOnly(error)) this.#leave();
      if (isOffline(error) && this.#lastError !== null) {
        throw offlineBecause(this.#lastError, this.#address.place);
      }
      throw toQueueError(error, this.#address.place);
    }
  }

  /** From the promise on, nothing of the driver is left. */
  async close(): Promise<void> {
    this.#isOpen = false;
    for (const connection of [this.#commands, this.#listener]) if (connection.isOpen) connection.destroy();
    for (const [timer, connection] of this.#left) {
      clearTimeout(timer);
      connection.destroy();
    }
    const leftMs = this.#waitsUntil - performance.now();
    if (leftMs > 0) await sleep(leftMs + 1);
  }
}
