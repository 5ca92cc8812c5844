/**
 * This process among those that work on the queue. It listens to a channel of its own, which has no listener as soon as the
 * process dies, and it has a key that expires after a few seconds and is renewed by each beat; `scripts/processes.lua` says
 * what each of these proves.
 */
import { randomUUID } from "node:crypto";
import { QueueError, RejectedWrite } from "../errors.ts";
import type { HostChannel } from "../capabilities.ts";
import { Listeners } from "../basics/listeners.ts";
import { channelOf } from "../hosts/channel.ts";
import { Mailbox } from "../hosts/messages.ts";
import type { ProcessIdentity, ProcessQuery, ProcessRow } from "../processes.ts";
import type { Calls } from "../storing/calls.ts";
import { CoalescedNotices } from "../storing/coalesced_notices.ts";
import { toKinds, toText } from "../storing/rows.ts";
import type { Client } from "./client.ts";
import { items, numberOf } from "./replies.ts";

/** When the key expires. A beat comes each second; a thread that is held up for a few seconds is not dead. */
const KEY_MS = 10_000;
/** A living process that has lost its connections listens and beats again within this time. */
export const RECONNECT_MS = 3_000;

export class Session {
  /** Identifies this store among all that write. */
  readonly name: string = randomUUID();
  readonly #onChange = new Listeners<[]>();
  readonly #notices = new CoalescedNotices(() => this.#onChange.tell());
  readonly #mailbox = new Mailbox();
  #process: string | null = null;
  /** Ids to whose channels this process may still listen, and must not: their rows are those of dead processes. */
  readonly #formers = new Set<string>();
  #leaving: Promise<void> | null = null;

  /** The id of this process, once it has joined. */
  get process(): string | null {
    return this.#process;
  }

  watch(onChange: () => void): Disposable {
    return this.#onChange.add(onChange);
  }

  channel(client: Client, calls: Calls): HostChannel {
    return channelOf({
      ...{ name: this.name, calls, mailbox: this.#mailbox },
      send: async (processId, message) => {
        if (await client.command("EXISTS", client.key(`process:${processId}`)) !== 1) return false;
        await client.publish(message);
        return true;
      },
      sendToAll: (message) => client.publish(message),
    });
  }

  /** A text for processes, or the name of a store that has written. */
  hear(message: string): void {
    if (!this.#mailbox.take(message, this) && message !== this.name) this.noteChange();
  }

  /** Something may have changed: the watches are told at once, or a moment later together with other changes. */
  noteChange(): void {
    this.#notices.note();
  }

  async join(client: Client, { id, host, pid, version }: ProcessIdentity, time: number | ""): Promise<void> {
    const before = this.#process;
    try {
      await client.subscribe(`lives:${id}`);
      if (await client.run("join", [time, id, host, pid, version, KEY_MS, RECONNECT_MS]) !== 1) {
        throw new RejectedWrite(`A process with the id ${id} has joined already.`);
      }
    } catch (error) {
      // The next try has another id. If this one was written all the same, it is the row of a dead process.
      if (id !== before) this.#formers.add(id);
      this.#leaveFormers(client);
      throw error;
    }
    this.#process = id;
    if (before !== null) this.#formers.add(before);
    await this.#leaveFormers(client);
  }

  /** What fails is tried again with the next beats: the driver keeps a channel, and listens to it again after a reconnect. */
  #leaveFormers(client: Client): Promise<void> {
    return this.#leaving ??= this.#leaveEach(client).finally(() => this.#leaving = null);
  }

  async #leaveEach(client: Client): Promise<void> {
    try {
      for (const id of this.#formers) {
        await client.unsubscribe(`lives:${id}`);
        this.#formers.delete(id);
      }
    } catch (error) {
      if (!(error instanceof QueueError)) throw error;
    }
  }

  async beat(client: Client, time: number | "", view = ""): Promise<boolean> {
    if (this.#process === null) return false;
    const isThere = await client.run("beat", [time, this.#process, KEY_MS, view, RECONNECT_MS]) === 1;
    await this.#leaveFormers(client);
    return isThere;
  }

  async processes(
    client: Client,
    { silentForMs, predecessor = null }: ProcessQuery,
    time: number | "",
  ): Promise<ProcessRow[]> {
    const values = [time, this.#process ?? "", silentForMs, KEY_MS, RECONNECT_MS, predecessor ?? ""];
    const rows = await client.run("processes", values);
    return items(rows).map(items).map(([id, host, pid, version, startedAt, seenAt, isDead, view, kinds]) => ({
      ...{ id: toText(id), host: toText(host), pid: numberOf(pid), version: toText(version) },
      ...{ startedAt: numberOf(startedAt), seenAt: numberOf(seenAt), isDead: isDead === 1 },
      ...{ view: view === "" ? null : toText(view), kinds: toKinds(kinds) },
    }));
  }

  close(): void {
    this.#onChange.clear();
    this.#notices.drop();
  }
}
