/** Two connections to one server, one for commands and one that listens; turns errors into readable sentences. */
import { Buffer } from "node:buffer";
import { StorageError } from "../errors.ts";
import type { RedisAddress } from "./address.ts";
import {
  isDropped,
  isOffline,
  isReadOnly,
  isUnknownScript,
  offlineBecause,
  toOpeningError,
  toQueueError,
} from "./faults.ts";
import { sleep } from "../basics/time.ts";
import { silence, withTimeout } from "../storing/with_timeout.ts";
import { CONNECT_MS } from "./connect.ts";
import { ConnectionPair } from "./connection_pair.ts";
import { type Script, SCRIPTS } from "./scripts.ts";

/** Null: no text. */
export type Value = string | number | null;
/** What a script returns. */
export type Reply = string | number | null | Reply[];

/** No text from outside has this byte: it is never part of UTF-8. */
const NULL = Buffer.from([255]);

/** Its name in messages. */
const SERVER = "Redis";

/** The server answers within milliseconds; after this it counts as gone. */
const ANSWER_MS = 3_000;

/** A server that takes no writes is left at most this often. */
const LEAVE_MS = 1_000;

/** What matters about these channels is that this process listens at all. */
const NO_LISTENER = () => {};

interface ClientOptions {
  /** Called with each message of the queue's channel. */
  readonly onMessage: (text: string) => void;
  /** Called when the connection that listens is back: it may have missed messages. */
  readonly onListening: () => void;
}

export class Client {
  readonly #address: RedisAddress;
  readonly #options: ClientOptions;
  /** Besides that of changes. */
  readonly #channels = new Set<string>();
  #pair: ConnectionPair;
  /** Earlier ones, whose last calls are in flight. */
  readonly #leaving = new Set<ConnectionPair>();
  /** Why the last connection was lost or not made. */
  #lastError: unknown = null;
  /** There is no connection because the server does not answer. */
  #isSilent = false;
  /** When the driver was last told to connect, or reported why it cannot, by `performance.now()`. */
  #lastSignAt = -Infinity;
  #leftAt = -Infinity;
  #isOpen = false;
  /** When the last backoff of a lost connection is over, by `performance.now()`. */
  #backoffUntil = -Infinity;

  constructor(address: RedisAddress, options: ClientOptions) {
    this.#address = address;
    this.#options = options;
    this.#pair = this.#newPair();
  }

  #newPair(): ConnectionPair {
    return new ConnectionPair({
      url: this.#address.url,
      watch: {
        isOpen: () => this.#isOpen,
        onBackoff: (ms) => this.#backoffUntil = Math.max(this.#backoffUntil, performance.now() + ms),
        onError: (error) => {
          [this.#lastError, this.#isSilent, this.#lastSignAt] = [error, false, performance.now()];
        },
      },
      onListening: () => this.#isOpen && this.#options.onListening(),
    });
  }

  /** Once it resolves, changes of other stores are reported. @throws {StorageError} */
  async open(): Promise<void> {
    const { place, url } = this.#address;
    try {
      await withTimeout(this.#begin(), { withinMs: CONNECT_MS, server: SERVER, place });
      this.#isOpen = true;
    } catch (error) {
      this.#pair.giveUp();
      throw toOpeningError(error, { place, isTls: url.startsWith("rediss:") });
    }
  }

  async #begin(): Promise<void> {
    this.#lastSignAt = performance.now();
    await this.#pair.begin(async (listener) => {
      await listener.subscribe(this.#address.channel, this.#options.onMessage);
      for (const channel of this.#channels) await listener.subscribe(channel, NO_LISTENER);
    });
  }

  /**
   * The server takes no writes: another one may have its address by now, and this one would keep the connections for ever.
   * Reads in flight are finished first.
   */
  #leave(): void {
    if (!this.#isOpen || performance.now() - this.#leftAt < LEAVE_MS) return;
    this.#leftAt = performance.now();
    const left = this.#pair;
    this.#leaving.add(left);
    left.leave().then(() => this.#leaving.delete(left));
    this.#reconnect();
  }

  /**
   * Returns what `work` returns. @throws {StorageError} if the server does not answer; the connections are dropped then with
   * all calls in flight: one that was cut off in the network would wait for a quarter of an hour
   */
  async withTimeout<T>(work: Promise<T>): Promise<T> {
    const onSilence = () => {
      this.#isSilent = true;
      this.#restart();
    };
    const { place } = this.#address;
    return await withTimeout(work, { withinMs: ANSWER_MS, server: SERVER, place, onSilence });
  }

  #restart(): void {
    if (!this.#isOpen) return;
    this.#pair.giveUp();
    this.#reconnect();
  }

  /** If it fails, the next calls notice. */
  #reconnect(): void {
    this.#pair = this.#newPair();
    this.#begin().catch(() => {});
  }

  /** A server that accepts connections and says nothing keeps the driver waiting for ever. */
  #restartIfStuck(): void {
    if (performance.now() - this.#lastSignAt > ANSWER_MS) this.#restart();
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
    const { name: queue, channel } = this.#address;
    const args = ["2", queue, channel, ...values.map((value) => value === null ? NULL : String(value))];
    return await this.#send(async () => {
      try {
        return await this.#pair.commands.sendCommand(["EVALSHA", script.sha, ...args]);
      } catch (error) {
        if (!isUnknownScript(error)) throw error;
        return await this.#pair.commands.sendCommand(["EVAL", script.text, ...args]);
      }
    });
  }

  async command(...args: string[]): Promise<Reply> {
    return await this.#send(() => this.#pair.commands.sendCommand(args));
  }

  /** Listens to another channel of the queue, also after a reconnect. @throws {StorageError} */
  async subscribe(name: string): Promise<void> {
    const channel = this.key(name);
    this.#channels.add(channel);
    await this.#send(() => this.#pair.listener.subscribe(channel, NO_LISTENER));
  }

  async unsubscribe(name: string): Promise<void> {
    const channel = this.key(name);
    this.#channels.delete(channel);
    await this.#send(() => this.#pair.listener.unsubscribe(channel));
  }

  /** Sends to all that listen. */
  async publish(text: string): Promise<void> {
    await this.command("PUBLISH", this.#address.channel, text);
  }

  /** @throws {StorageError} unless changes of other stores are reported */
  assertListening(): void {
    if (this.#pair.isListening) return;
    this.#restartIfStuck();
    throw new StorageError(`Redis cannot be reached (${this.#address.place}): its messages do not arrive.`, {
      passing: true,
      publicMessage: "Redis cannot be reached.",
    });
  }

  async #send(send: () => Promise<unknown>): Promise<Reply> {
    try {
      return await send() as Reply;
    } catch (error) {
      if (isReadOnly(error)) this.#leave();
      if (isOffline(error)) this.#restartIfStuck();
      if ((isOffline(error) || isDropped(error)) && this.#isSilent) {
        throw silence(SERVER, this.#address.place);
      }
      if (isOffline(error) && this.#lastError !== null) {
        throw offlineBecause(this.#lastError, this.#address.place);
      }
      throw toQueueError(error, this.#address.place);
    }
  }

  /** Once it resolves, no timer of the driver is left; a connection that is still being made closes once it is made. */
  async close(): Promise<void> {
    this.#isOpen = false;
    for (const pair of [this.#pair, ...this.#leaving]) pair.giveUp();
    const leftMs = this.#backoffUntil - performance.now();
    if (leftMs > 0) await sleep(leftMs + 1);
  }
}
