/**
 * The session of a process: a dedicated connection, which the server closes when the process dies. It holds an advisory
 * lock, by which the other processes see at once whether this one is alive, and it listens for their changes.
 */
import { randomUUID } from "node:crypto";
import type { HostChannel } from "../capabilities.ts";
import { assertPassing, QueueError } from "../errors.ts";
import { Listeners } from "../basics/listeners.ts";
import { channelOf } from "../hosts/channel.ts";
import { Mailbox } from "../hosts/messages.ts";
import type { ProcessIdentity, ProcessQuery, ProcessRow } from "../processes.ts";
import type { Calls } from "../storing/calls.ts";
import { number, textOrNull, toKinds, toText, toTime } from "../storing/rows.ts";
import type { PostgresAddress } from "./address.ts";
import { withTimeout } from "../storing/with_timeout.ts";
import { Client, type Row, SERVER, type Tx } from "./client.ts";
import { BACK_MS, SESSION } from "./session_statements.ts";

/** A process beats this often, whatever else it does. */
const BEAT_MS = 500;
/** The server answers within milliseconds; after this it counts as gone. */
const ANSWER_MS = 3_000;
export class Session {
  readonly #client: Client;
  readonly #channel: string;
  readonly #place: string;
  /** Identifies this store among all that write. */
  readonly name: string = randomUUID();
  readonly #onChange = new Listeners<[]>();
  readonly #mailbox = new Mailbox();
  /** The number of this process, once it has joined, and its id. */
  #process: number | null = null;
  #id: string | null = null;
  /** It has removed its row itself, and so has given up what it holds. */
  #hasLeft = false;
  /** Former numbers of this process under which jobs may be in flight. */
  readonly #formers = new Set<number>();
  /** Claims under way. */
  readonly #claims = new Set<Promise<unknown>>();
  #hasListened = false;
  /** Our connection holds the lock of this process. */
  #isLocked = false;
  #beatAt = -Infinity;
  /** When the server last noted that this process is alive. */
  #seenAt = -Infinity;
  /** When this process was last back in touch with the server, after it had been out of touch. */
  #backAt = -Infinity;

  constructor(address: PostgresAddress) {
    this.#place = address.place;
    this.#client = new Client(address, {
      connections: 1,
      name: this.name,
      onMessage: (text) => this.#hear(text),
    });
    this.#channel = `${address.schema}.changes`;
  }

  get process(): number | null {
    return this.#process;
  }

  /**
   * Once it resolves, changes of other stores reach the watches. After a reconnect it listens and takes the lock again, and
   * reports a change, since some may have been missed.
   */
  async ensureListening(time: number | null = null): Promise<void> {
    const [row] = await this.#client.query(SESSION.listens, []);
    if (row?.listens !== "yes") {
      this.#isLocked = false;
      await this.#client.script(`LISTEN "${this.#channel}"`);
      await this.#client.query(SESSION.noteListening, []);
      if (this.#hasListened) this.#noteReconnect();
      this.#hasListened = true;
    }
    if (this.#process !== null && !this.#isLocked) await this.#lock(this.#process, time);
  }

  #noteReconnect(): void {
    this.#backAt = performance.now();
    this.#notify();
  }

  watch(onChange: () => void): Disposable {
    return this.#onChange.add(onChange);
  }

  channel(client: Client, calls: Calls): HostChannel {
    return channelOf({
      ...{ name: this.name, calls, mailbox: this.#mailbox },
      send: async (processId, message) =>
        (await client.query(SESSION.send, [processId, message])).length === 1,
      sendToAll: async (message) => void await client.query(SESSION.tell, [message]),
    });
  }

  /** A text for processes, or the name of a store that has written. */
  #hear(message: string): void {
    const isText = this.#mailbox.take(message, { name: this.name, process: this.#id });
    if (!isText && message !== this.name) this.#notify();
  }

  #notify(): void {
    this.#onChange.tell();
  }

  async join({ id, host, pid, version }: ProcessIdentity, time: number | null): Promise<void> {
    const [before, hasLeft] = [this.#process, this.#hasLeft];
    const [row] = await this.#client.query(SESSION.join, [id, host, pid, version, time]);
    const joined = number(row?.n);
    await this.#lock(joined, time);
    this.#process = joined;
    this.#id = id;
    this.#hasLeft = false;
    this.#seenAt = performance.now();
    if (row?.is_after_outage === true) this.#backAt = this.#seenAt;
    if (before === null) return;
    if (!hasLeft) this.#formers.add(before);
    await this.#client.query(SESSION.unlock, [before]);
    await Promise.allSettled(this.#claims);
    await this.#adoptJobs(joined);
  }

  /** Returns what the claim returns: it may be under way while another process takes this one for dead. */
  async whileClaiming<T>(claim: Promise<T>): Promise<T> {
    this.#claims.add(claim);
    return await claim.finally(() => this.#claims.delete(claim));
  }

  /**
   * The process that removed the row has released the jobs that it found. A claim that ended later got jobs that belong to no
   * row, and the next start of any host would take them for those of a dead process. Those that cannot be changed now are
   * adopted with one of the next beats.
   */
  async #adoptJobs(process: number): Promise<void> {
    try {
      for (const former of this.#formers) {
        const [row] = await this.#client.query(SESSION.adopt, [former, process]);
        if (row?.are_all === true) this.#formers.delete(former);
      }
    } catch (error) {
      if (!(error instanceof QueueError)) throw error;
    }
  }

  /** A lost connection keeps the lock until the server notices that it is gone: later calls try again. */
  async #lock(process: number, time: number | null): Promise<void> {
    const [row] = await this.#client.query(SESSION.lock, [process]);
    const isLocked = row?.is_locked === true;
    this.#isLocked = isLocked;
    if (!isLocked) return;
    const [seen] = await this.#client.query(SESSION.noteLock, [process, time]);
    if (seen !== undefined) this.#noteSeen(number(seen.gap_ms));
  }

  /** Called more often than it beats. */
  async beatIfDue(time: number | null): Promise<void> {
    await this.ensureListening(time);
    if (this.#process !== null && performance.now() - this.#beatAt >= BEAT_MS) await this.beat(time);
  }

  /** @throws {StorageError} if another program blocks all writes to jobs */
  async assertNotLocked(): Promise<void> {
    await this.#client.query(SESSION.lockTable, []);
  }

  /**
   * Returns what `work` returns. @throws {StorageError} if the server does not answer; the connections of `others` are
   * dropped then, as our own is
   */
  async withTimeout<T>(work: Promise<T>, others: Client): Promise<T> {
    const droppers = [this.#client, others].map((client) => client.dropper());
    const onSilence = () => droppers.forEach((drop) => drop());
    return await withTimeout(work, { withinMs: ANSWER_MS, server: SERVER, place: this.#place, onSilence });
  }

  async beat(time: number | null, view?: string): Promise<boolean> {
    if (this.#process === null) return false;
    this.#beatAt = performance.now();
    await this.ensureListening(time);
    const rows = view === undefined
      ? this.#client.query(SESSION.beat, [this.#process, time])
      : this.#client.query(SESSION.beatWithView, [this.#process, time, view]);
    const [row] = await rows;
    if (row === undefined) return false;
    this.#noteSeen(number(row.gap_ms));
    await this.#adoptJobs(this.#process);
    return true;
  }

  #noteSeen(gapMs: number): void {
    this.#seenAt = performance.now();
    if (gapMs > BACK_MS) this.#backAt = this.#seenAt;
  }

  /** Whether this process can tell which others are alive, of which the server may have lost sight in an outage. */
  async canJudge(time: number | null): Promise<boolean> {
    if (this.#process === null) return true;
    return await this.ensureListening(time).then(() => this.isInTouch, (error) => {
      assertPassing(error);
      return false;
    });
  }

  /** The same, as the last beat found it: an outage ends for all at once, and each notices it sooner or later. */
  get isInTouch(): boolean {
    const at = performance.now();
    return this.#process === null || at - this.#seenAt <= BACK_MS && at - this.#backAt >= BACK_MS;
  }

  async leave(tx: Tx, id: string): Promise<void> {
    if (id === this.#id) this.#hasLeft = true;
    await tx.query(SESSION.leave, [id]);
  }

  async processes(
    tx: Tx,
    { silentForMs, predecessor = null }: ProcessQuery,
    time: number | null,
  ): Promise<ProcessRow[]> {
    const values = [this.#process, time, silentForMs, await this.canJudge(time), predecessor];
    const rows = await tx.query(SESSION.processes, values);
    const isAlive = await this.#livingDespiteSilence(tx, rows, [time, silentForMs]);
    return rows.map((row) => ({
      ...{ id: toText(row.id), host: toText(row.host), pid: number(row.pid), version: toText(row.version) },
      ...{ startedAt: toTime(row.started_at), seenAt: toTime(row.seen_at) },
      isDead: row.is_dead === true && !isAlive.has(row.n),
      ...{ view: textOrNull(row.view), kinds: toKinds(row.kinds) },
    }));
  }

  /** The numbers of such processes: an edit in an open transaction keeps them from showing that they are alive. */
  async #livingDespiteSilence(
    tx: Tx,
    rows: readonly Row[],
    [time, silentForMs]: readonly [number | null, number],
  ): Promise<Set<unknown>> {
    const dead = rows.filter(({ is_dead }) => is_dead === true).map(({ n }) => number(n));
    if (dead.length === 0 || this.#process === null) return new Set();
    const living = await tx.query(SESSION.livingDespiteSilence, [dead, time, silentForMs]);
    return new Set(living.map(({ n }) => n));
  }

  async close(): Promise<void> {
    await this.#client.close();
  }
}
