/** This process among those on the queue: its row shows that it is alive, and identifies the jobs that it claimed. */
import { assertNoUnfinishedCopy, UnfinishedCopy } from "../copy_mark.ts";
import { assertPassing } from "../errors.ts";
import { hostChannel } from "../capabilities.ts";
import type { QueueParts } from "../options.ts";
import type { ProcessIdentity, ProcessRow } from "../processes.ts";

/** A process shows with its heartbeats that it is alive, but not more often than this. */
const BEAT_MS = 1_000;
/** The same on a backend for several hosts: with the time between looks, their pages show a state at most a second old. */
const SHOW_MS = 500;
/** After this time without a beat, a process shows that it is alive before it claims more. */
const STALE_MS = 10_000;
/** Where the backend knows no better, a process is dead after this time, or after that of a stall if it is longer. */
const DEAD_MS = 30_000;
/** A command beside the system looks at the processes this often while it adds jobs. */
const LOOK_MS = 1_000;

/** Many more than the tries of an hour in which the storage does not answer. */
const MAX_IDS = 20_000;

/** A process without the permission to ask works on a database of its own machine. */
function hostName(): string {
  const { state } = Deno.permissions.querySync({ name: "sys", kind: "hostname" });
  return state === "granted" ? Deno.hostname() : "localhost";
}

interface Seen {
  readonly rows: readonly ProcessRow[];
  /** The time of the look, by the store's clock. */
  readonly at: number;
}

export class Presence {
  readonly host = hostName();
  readonly #parts: QueueParts;
  readonly #predecessor: string | null;
  #id: string | null = null;
  /** The latest ids under which it has joined, or has tried to. */
  readonly #ids = new Set<string>();
  /** False for a command beside the system: it does not work on the queue, and never joins. */
  #isWanted = false;
  #joining: Promise<void> | null = null;
  #beatAt = -Infinity;
  /** Makes the view of this process that the others get with each beat. */
  #view: (() => string) | null = null;
  #seen: Seen = { rows: [], at: 0 };
  #lookedAt = -Infinity;

  /** `predecessor`: the process that ran here before, if it is known to have ended. */
  constructor(parts: QueueParts, { predecessor }: { readonly predecessor: string | null }) {
    this.#parts = parts;
    this.#predecessor = predecessor;
  }

  /** The id under which it has joined. */
  get id(): string | null {
    return this.#id;
  }

  /** Whether this process has, or had, this id. */
  hasUsedId(id: string): boolean {
    return this.#ids.has(id);
  }

  /** The processes as of the last look. */
  get seen(): Seen {
    return this.#seen;
  }

  /** False: this process is a command beside the system, or a program that only adds jobs. */
  get isWorking(): boolean {
    return this.#isWanted || !this.#parts.options.isGuest;
  }

  /** How long ago `seen` was read, in milliseconds. */
  get seenForMs(): number {
    return performance.now() - this.#lookedAt;
  }

  /** Whether `seen` is recent; a process that works on the queue keeps it so. */
  get hasLooked(): boolean {
    return this.isWorking || this.seenForMs < LOOK_MS;
  }

  /** From now on the other processes get this view with each beat; null: none. */
  show(view: (() => string) | null): void {
    this.#view = view;
  }

  /** Does nothing if the process has already joined. @throws {StorageError} the next claim or beat tries again */
  async join(): Promise<void> {
    this.#isWanted = true;
    if (this.#id !== null) return;
    this.#joining ??= this.#join().finally(() => this.#joining = null);
    await this.#joining;
  }

  /** Jobs are recovered even on a full disk, as far as its reserve goes, but never those of an incomplete copy. */
  async joinIfPossible(): Promise<void> {
    await this.join().catch((error) => {
      if (error instanceof UnfinishedCopy) throw error;
      assertPassing(error);
    });
  }

  async #join(): Promise<void> {
    const { health, options } = this.#parts;
    // A new id for each try: a failed try may have been written all the same, and is then the row of a dead process.
    const id = crypto.randomUUID();
    this.#noteId(id);
    await health.observe(
      this.#joinAs({ id, host: this.host, pid: Deno.pid, version: options.version }),
    );
    this.#id = id;
    this.#beatAt = performance.now();
    if (this.#view !== null) await health.observe(this.#parts.store.beat(this.#view()));
  }

  #noteId(id: string): void {
    this.#ids.add(id);
    const [oldest] = this.#ids;
    if (oldest !== undefined && this.#ids.size > MAX_IDS) this.#ids.delete(oldest);
  }

  /**
   * Joins, then looks for the mark of a copy. A copy sets its mark, then looks for processes: one sees the other. It looks
   * before, too: a process that leaves again gives up what it still holds.
   */
  async #joinAs(process: ProcessIdentity): Promise<void> {
    const { store } = this.#parts;
    await assertNoUnfinishedCopy(store);
    await store.join(process);
    try {
      await assertNoUnfinishedCopy(store);
    } catch (error) {
      await store.leave(process.id).catch(() => {});
      throw error;
    }
  }

  /** A claim needs a living process: otherwise another process would take its jobs for those of a dead one. */
  get isStale(): boolean {
    return this.#isWanted && (this.#id === null || performance.now() - this.#beatAt > STALE_MS);
  }

  /** @throws {StorageError} */
  async refresh(): Promise<void> {
    this.#beatAt = performance.now();
    await this.#beatOrJoin();
  }

  /** If the storage does not work at the moment, the pages report it, and the next beat tries again. */
  async beat(): Promise<void> {
    const isSeen = this.#view !== null && hostChannel(this.#parts.store) !== null;
    const everyMs = isSeen ? SHOW_MS : BEAT_MS;
    if (!this.#isWanted || performance.now() - this.#beatAt < everyMs) return;
    this.#beatAt = performance.now();
    await this.#beatOrJoin().catch(assertPassing);
  }

  /** A process that was taken for dead joins again. */
  async #beatOrJoin(): Promise<void> {
    const { store, health } = this.#parts;
    if (this.#id !== null && await health.observe(store.beat(this.#view?.()))) return;
    this.#id = null;
    await this.join();
  }

  /** Written at the latest when the store closes. If that fails, the next start finds a dead process without jobs. */
  async leave(): Promise<void> {
    if (this.#id === null) return;
    await this.#parts.store.leave(this.#id).catch(() => {});
  }

  async dead(): Promise<ProcessRow[]> {
    return (await this.look()).filter(({ isDead }) => isDead);
  }

  /** All processes. @throws {StorageError} */
  async look(): Promise<readonly ProcessRow[]> {
    const { store, health, options: { stallMs } } = this.#parts;
    const processes = await health.observe(
      store.processes({ silentForMs: Math.max(stallMs, DEAD_MS), predecessor: this.#predecessor }),
      "read",
    );
    this.#seen = { rows: processes, at: store.now() };
    this.#lookedAt = performance.now();
    return processes;
  }
}
