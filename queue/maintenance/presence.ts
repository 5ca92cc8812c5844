/** This process among those that work on the queue: its row shows that it is alive, and which jobs are its own. */
import type { QueueParts } from "../options.ts";
import type { ProcessRow } from "../store.ts";

/** With its heartbeats a process shows that it is alive, but not more often than this. */
const BEAT_MS = 1_000;

/** A process that may not ask for it works on a database of its own machine. */
function hostName(): string {
  const { state } = Deno.permissions.querySync({ name: "sys", kind: "hostname" });
  return state === "granted" ? Deno.hostname() : "localhost";
}

export class Presence {
  readonly #parts: QueueParts;
  /** Null: it has not joined, as a command beside the system does not. */
  #id: string | null = null;
  #joining: Promise<void> | null = null;
  #beatAt = -Infinity;

  constructor(parts: QueueParts) {
    this.#parts = parts;
  }

  /** Does nothing if the process has joined already. */
  async join(): Promise<void> {
    if (this.#id !== null) return;
    this.#joining ??= this.#join().finally(() => this.#joining = null);
    await this.#joining;
  }

  async #join(): Promise<void> {
    const { store, health, options } = this.#parts;
    // Afresh for each try: one that failed may have been written all the same, and is then the row of a dead process.
    const id = crypto.randomUUID();
    await health.observe(store.join({ id, host: hostName(), pid: Deno.pid, version: options.version }));
    this.#id = id;
    this.#beatAt = performance.now();
  }

  /** A process that another one took for dead joins again: its next claims are its own. */
  async beat(): Promise<void> {
    if (this.#id === null || performance.now() - this.#beatAt < BEAT_MS) return;
    this.#beatAt = performance.now();
    const { store, health } = this.#parts;
    if (await health.observe(store.beat())) return;
    this.#id = null;
    await this.join();
  }

  /** Written when the store closes at the latest. If that fails, the next start finds a dead process without jobs. */
  async leave(): Promise<void> {
    if (this.#id === null) return;
    await this.#parts.store.leave(this.#id).catch(() => {});
  }

  async dead(): Promise<ProcessRow[]> {
    const { store, health, options: { stallMs } } = this.#parts;
    const processes = await health.observe(store.processes({ silentForMs: stallMs }), "read");
    return processes.filter(({ isDead }) => isDead);
  }
}
