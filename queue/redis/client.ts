/** Two connections to one server, one for commands and one that listens; errors as sentences. */
import { Buffer } from "node:buffer";
import { StorageError } from "../errors.ts";
import type { RedisAddress } from "./address.ts";
import { isOffline, isReadOnly, isUnknownScript, offlineBecause, toQueueError } from "./faults.ts";
import { sleep } from "../basics/time.ts";
import { answered, silence } from "../storing/answered.ts";
import { connect, CONNECT_MS, type Connection, type Watch } from "./connect.ts";
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
/** How long the calls on a connection that is left may take to end. */
const LAST_ANSWERS_MS = 500;

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
  #commands: Connection;
  #listener: Connection;
  /** Why the last connection was lost or not made. */
  #lastError: unknown = null;
  /** There is none because the server does not answer. */
  #isSilent = false;
  /** When the driver was last told to connect, or told why it cannot, by `performance.now()`. */
  #newsAt = -Infinity;
  /** The listener has all channels: when its connection is lost, the driver sees to it that it has them again. */
  #hasBegun = false;
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
      onError: (error) => {
        [this.#lastError, this.#isSilent, this.#newsAt] = [error, false, performance.now()];
      },
    };
    const { url } = this.#address;
    const listener = connect(url, watch);
    listener.on("ready", () => this.#isOpen && this.#options.onListening());
    return [connect(url, watch), listener];
  }

  /** From the promise on, changes of other stores are told. @throws {StorageError} */
  async open(): Promise<void> {
    try {
      const { place } = this.#address;
      await answered(this.#begin(), { withinMs: CONNECT_MS, server: SERVER, place });
      this.#isOpen = true;
    } catch (error) {
      throw toQueueError(error, this.#address.place);
    }
  }

  async #begin(): Promise<void> {
    [this.#newsAt, this.#hasBegun] = [performance.now(), false];
    const [commands, listener] = [this.#commands, this.#listener];
    await commands.connect();
    await listener.connect();
    await listener.subscribe(this.key("changes"), this.#options.onMessage);
    for (const channel of this.#channels) await listener.subscribe(channel, NO_LISTENER);
    this.#hasBegun ||= listener === this.#listener;
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
    for (const connection of [this.#commands, this.#listener]) if (connection.isOpen) connection.destroy();
    [this.#commands, this.#listener] = this.#connections();
    this.#begin().catch(() => {});
  }

  /** A server that takes connections and says nothing keeps the driver waiting for ever. */
  #restartIfStuck(): void {
    if (performance.now() - this.#newsAt > ANSWER_MS) this.#restart();
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
    if (this.#listener.isReady && this.#hasBegun) return;
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
