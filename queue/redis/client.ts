/** Two connections to one server, one for commands and one that listens; errors as sentences. */
import { Buffer } from "node:buffer";
import { StorageError } from "../errors.ts";
import type { RedisAddress } from "./address.ts";
import {
  isOffline,
  isReadOnly,
  isUnknownScript,
  offlineBecause,
  toOpeningError,
  toQueueError,
} from "./faults.ts";
import { sleep } from "../basics/time.ts";
import { answered, silence } from "../storing/answered.ts";
import { CONNECT_MS } from "./connect.ts";
import { Pair } from "./pair.ts";
import { type Script, SCRIPTS } from "./scripts.ts";

/** Null: a text that is absent. */
export type Value = string | number | null;
/** What a script returns. */
export type Reply = string | number | null | Reply[];

/** No text from outside has this byte: it is not UTF-8. */
const NULL = Buffer.from([255]);

/** As messages name it. */
const SERVER = "Redis";

/** The server answers within milliseconds; after this it is as good as gone. */
const ANSWER_MS = 3_000;

/** How often a server that takes no writes is left. */
const LEAVE_MS = 1_000;

/** What matters of these channels is that this process listens at all. */
const NO_LISTENER = () => {};

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
  #pair: Pair;
  /** Those whose last calls are under way. */
  readonly #left = new Set<Pair>();
  /** Why the last connection was lost or not made. */
  #lastError: unknown = null;
  /** There is none because the server does not answer. */
  #isSilent = false;
  /** When the driver was last told to connect, or told why it cannot, by `performance.now()`. */
  #newsAt = -Infinity;
  #leftAt = -Infinity;
  #isOpen = false;
  /** When the last wait of a connection that was lost is over, by `performance.now()`. */
  #waitsUntil = -Infinity;

  constructor(address: RedisAddress, options: ClientOptions) {
    this.#address = address;
    this.#options = options;
    this.#pair = this.#newPair();
  }

  #newPair(): Pair {
    return new Pair({
      url: this.#address.url,
      watch: {
        isOpen: () => this.#isOpen,
        onWait: (ms) => this.#waitsUntil = Math.max(this.#waitsUntil, performance.now() + ms),
        onError: (error) => {
          [this.#lastError, this.#isSilent, this.#newsAt] = [error, false, performance.now()];
        },
      },
      onListening: () => this.#isOpen && this.#options.onListening(),
    });
  }

  /** From the promise on, changes of other stores are told. @throws {StorageError} */
  async open(): Promise<void> {
    const { place, url } = this.#address;
    try {
      await answered(this.#begin(), { withinMs: CONNECT_MS, server: SERVER, place });
      this.#isOpen = true;
    } catch (error) {
      this.#pair.giveUp();
      throw toOpeningError(error, { place, isTls: url.startsWith("rediss:") });
    }
  }

  async #begin(): Promise<void> {
    this.#newsAt = performance.now();
    await this.#pair.begin(async (listener) => {
      await listener.subscribe(this.key("changes"), this.#options.onMessage);
      for (const channel of this.#channels) await listener.subscribe(channel, NO_LISTENER);
    });
  }

  /**
   * The server takes no writes: another one may have its address by now, and this one would keep the connections for ever.
   * What is being read there is read to its end.
   */
  #leave(): void {
    if (!this.#isOpen || performance.now() - this.#leftAt < LEAVE_MS) return;
    this.#leftAt = performance.now();
    const left = this.#pair;
    this.#left.add(left);
    left.leave().then(() => this.#left.delete(left));
    this.#beginAnew();
  }

  /**
   * What `work` returns. @throws {StorageError} if the server does not answer; the connections are given up then, with what
   * is under way on them: one that was cut off on the way would wait for a quarter of an hour
   */
  async answered<T>(work: Promise<T>): Promise<T> {
    const onSilence = () => {
      this.#isSilent = true;
      this.#restart();
    };
    const { place } = this.#address;
    return await answered(work, { withinMs: ANSWER_MS, server: SERVER, place, onSilence });
  }

  #restart(): void {
    if (!this.#isOpen) return;
    this.#pair.giveUp();
    this.#beginAnew();
  }

  /** What does not come of it is noticed by the next calls. */
  #beginAnew(): void {
    this.#pair = this.#newPair();
    this.#begin().catch(() => {});
  }

  /** A server that takes connections and says nothing keeps the driver waiting for ever. */
  #restartIfStuck(): void {
    if (performance.now() - this.#newsAt > ANSWER_MS) this.#restart();
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
        return await this.#pair.commands.sendCommand(["EVALSHA", script.sha, ...words]);
      } catch (error) {
        if (!isUnknownScript(error)) throw error;
        return await this.#pair.commands.sendCommand(["EVAL", script.text, ...words]);
      }
    });
  }

  async command(...words: string[]): Promise<Reply> {
    return await this.#said(() => this.#pair.commands.sendCommand(words));
  }

  /** Listens to another channel of the queue, as long as this process has a connection. @throws {StorageError} */
  async subscribe(name: string): Promise<void> {
    const channel = this.key(name);
    this.#channels.add(channel);
    await this.#said(() => this.#pair.listener.subscribe(channel, NO_LISTENER));
  }

  async unsubscribe(name: string): Promise<void> {
    const channel = this.key(name);
    this.#channels.delete(channel);
    await this.#said(() => this.#pair.listener.unsubscribe(channel));
  }

  /** To all that listen. */
  async publish(text: string): Promise<void> {
    await this.command("PUBLISH", this.key("changes"), text);
  }

  /** @throws {StorageError} unless changes of other stores are told */
  assertListening(): void {
    if (this.#pair.isListening) return;
    this.#restartIfStuck();
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
      if (isOffline(error)) this.#restartIfStuck();
      if (isOffline(error) && this.#isSilent) throw silence(SERVER, this.#address.place);
      if (isOffline(error) && this.#lastError !== null) {
        throw offlineBecause(this.#lastError, this.#address.place);
      }
      throw toQueueError(error, this.#address.place);
    }
  }

  /** From the promise on, no timer of the driver is left; a connection that it is making ends when it is there. */
  async close(): Promise<void> {
    this.#isOpen = false;
    for (const pair of [this.#pair, ...this.#left]) pair.giveUp();
    const leftMs = this.#waitsUntil - performance.now();
    if (leftMs > 0) await sleep(leftMs + 1);
  }
}
