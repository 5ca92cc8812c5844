/**
 * Hosts that went away without having been stopped. Each loss is a fact that all hosts share, written before the row of
 * the dead process is removed: a row that disappears without such a fact belonged to a process that left normally.
 */
import { HOUR_MS } from "../basics/time.ts";
import { printable } from "../basics/text.ts";
import { type SharedByHosts, sharedByHosts } from "../capabilities.ts";
import { RejectedWrite } from "../errors.ts";
import { MAX_TIME } from "../job.ts";
import type { QueueParts } from "../options.ts";
import type { ProcessRow } from "../processes.ts";
import type { Presence } from "./presence.ts";

const REALM = "lost-hosts";
/** How long the pages warn of a host that has not come back. */
const SHOWN_MS = HOUR_MS;
const LONGEST_NAME = 100;
/** How often the shared losses are read: a process may come and go between two looks. */
const READ_MS = 10_000;
/** Beyond this only the number is reported. */
const MAX_SHOWN = 5;

interface Loss {
  readonly host: string;
  readonly pid: number;
  /** When the process was last heard from. */
  readonly seenAt: number;
  readonly noticedAt: number;
  /** A process on this host has joined since. */
  readonly isBack: boolean;
}

interface LossWrite {
  readonly id: string;
  readonly loss: Loss;
  /** The stored text that it replaces; null: nothing is stored. */
  readonly over: string | null;
}

export class LostHosts {
  readonly #parts: QueueParts;
  readonly #presence: Presence;
  /** Null: the queue has one host. */
  readonly #shared: SharedByHosts | null;
  /** By the id of the process. */
  readonly #losses = new Map<string, Loss>();
  /** The ids of the processes at the last look; null before the first. */
  #present: readonly string[] | null = null;
  #readAt = -Infinity;

  constructor(parts: QueueParts, presence: Presence) {
    this.#parts = parts;
    this.#presence = presence;
    this.#shared = sharedByHosts(parts.store);
  }

  /** Called before the row of a dead process is removed. `jobs`: how many were taken from it. @throws {StorageError} */
  async note({ id, host, pid, seenAt }: ProcessRow, jobs: number): Promise<void> {
    if (this.#shared === null) return;
    const loss = { host: nameOf(host), pid, seenAt, noticedAt: this.#shared.now(), isBack: false };
    this.#record(id, loss, jobs);
    await this.#put(this.#shared, { id, loss, over: null });
  }

  /** Called after each look at the processes: finds the losses that other hosts noticed, and the hosts that are back. */
  async look(): Promise<void> {
    if (this.#shared === null) return;
    const before = this.#present;
    const now = this.#presence.seen.rows.map(({ id }) => id);
    const isAnyGone = before?.some((id) => !now.includes(id)) ?? true;
    if (isAnyGone || performance.now() - this.#readAt >= READ_MS) {
      await this.#read(this.#shared, { isFirst: before === null });
    }
    this.#present = now;
    const back = [...this.#losses].filter(([, loss]) => !loss.isBack && this.#isBack(loss));
    for (const [id, loss] of back) await this.#noteBack(this.#shared, id, loss);
  }

  /** `isFirst`: what happened before this process began is not news. */
  async #read(shared: SharedByHosts, { isFirst }: { readonly isFirst: boolean }): Promise<void> {
    for (const { key, text } of await this.#list(shared)) {
      const loss = parseLoss(text);
      if (loss === null) continue;
      if (isFirst || this.#losses.has(key)) this.#losses.set(key, loss);
      else this.#record(key, loss, 0);
    }
    this.#readAt = performance.now();
  }

  /** A process that was itself taken for dead does not report that. */
  #record(id: string, loss: Loss, jobs: number): void {
    if (this.#losses.has(id)) return;
    this.#losses.set(id, loss);
    const { host, pid } = loss;
    if (!this.#presence.hasUsedId(id)) this.#parts.events.emit({ type: "host-lost", host, pid, jobs });
  }

  #isBack({ host, seenAt }: Loss): boolean {
    return this.#presence.seen.rows.some((row) =>
      !row.isDead && row.startedAt > seenAt && nameOf(row.host) === host
    );
  }

  /** Written for hosts that start later, too: the process that is back may have been stopped by then. */
  async #noteBack(shared: SharedByHosts, id: string, loss: Loss): Promise<void> {
    const ended = { ...loss, isBack: true };
    const stored = (await this.#list(shared)).find(({ key }) => key === id);
    if (stored !== undefined) await this.#put(shared, { id, loss: ended, over: stored.text });
    this.#losses.set(id, ended);
  }

  #list(shared: SharedByHosts): ReturnType<SharedByHosts["list"]> {
    return this.#parts.health.observe(shared.list(REALM), "read");
  }

  /** Another host may have been quicker, and a row edited by hand may have an id that no fact can have as its key. */
  async #put(shared: SharedByHosts, { id, loss, over }: LossWrite): Promise<void> {
    const fact = { realm: REALM, key: id, text: JSON.stringify(loss), livesMs: SHOWN_MS };
    await this.#parts.health.observe(shared.put(fact, over)).catch((error) => {
      if (!(error instanceof RejectedWrite)) throw error;
    });
  }

  /** A sentence for each host that is not back: the same on every host, for as long as it is true. */
  get warnings(): string[] {
    const now = this.#parts.store.now();
    for (const [id, { noticedAt }] of this.#losses) if (now - noticedAt > SHOWN_MS) this.#losses.delete(id);
    const shown = [...this.#losses.values()].filter(({ isBack }) => !isBack).sort((a, b) =>
      b.seenAt - a.seenAt
    );
    const others = shown.length - MAX_SHOWN;
    return [
      ...shown.slice(0, MAX_SHOWN).map(warningOf),
      ...others > 0
        ? [`${others} more hosts went away within the last hour without having been stopped.`]
        : [],
    ];
  }
}

function nameOf(host: string): string {
  return printable(host, { maxLength: LONGEST_NAME });
}

function warningOf({ host, pid, seenAt }: Loss): string {
  const since = new Date(seenAt).toISOString().slice(0, 16).replace("T", " ");
  return `Host ${host} (pid ${pid}) went away at ${since} UTC without having been stopped: see what happened to it, and start it again. This is shown until it is back, for an hour at most.`;
}

/** Null if the text is not a loss: facts may be edited by hand, or come from another release. */
function parseLoss(text: string): Loss | null {
  try {
    const { host, pid, seenAt, noticedAt, isBack }: Record<string, unknown> = JSON.parse(text) ?? {};
    if (typeof host !== "string" || typeof pid !== "number" || !isTime(seenAt) || !isTime(noticedAt)) {
      return null;
    }
    return { host: nameOf(host), pid, seenAt, noticedAt, isBack: isBack === true };
  } catch {
    return null;
  }
}

function isTime(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value <= MAX_TIME;
}
