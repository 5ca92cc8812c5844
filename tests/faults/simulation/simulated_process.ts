/** One life of the whole system: the real supervisor, with a simulated storage and simulated threads. */
import assert from "node:assert/strict";
import { Queue } from "../../../queue/queue.ts";
import type { Spawn } from "../../../workers/child.ts";
import { readSettings } from "../../../workers/config.ts";
import { EXIT } from "../../../queue/basics/exit_codes.ts";
import { Supervisor } from "../../../workers/supervisor.ts";
import { SILENT_LOG } from "../../support/system/silent_log.ts";
import { FaultyStore } from "./faulty_store.ts";
import { SimulatedThread } from "./simulated_thread.ts";
import { KINDS } from "./stage.ts";
import { type Owner, owner } from "./timeline.ts";
import { WatchedDispatcher } from "./watched_dispatcher.ts";
import type { World } from "./world.ts";

const SETTINGS = readSettings({ env: { PRODUCER_INTERVAL_MS: "0" }, dotenv: null });
export class SimulatedProcess {
  readonly main: Owner;
  readonly store: FaultyStore;
  readonly queue: Queue;
  readonly supervisor: Supervisor;
  #dispatcher: WatchedDispatcher | null = null;
  /** All that may still run, including those that were given up. */
  readonly threads = new Set<SimulatedThread>();
  /** When it began to work, or null. */
  startedAt: number | null = null;
  stopping = false;
  readonly #world: World;

  constructor(world: World, generation: number) {
    this.#world = world;
    this.main = owner(`main ${generation}`);
    const { settings } = world;
    this.store = new FaultyStore(world, this.main, {
      held: () => this.#dispatcher?.leases ?? [],
      die: (why) => world.kill(this, why),
    });
    this.queue = new Queue(this.store, { handlersDir: "handlers", ...settings, kinds: KINDS, version: "" });
    this.supervisor = new Supervisor({
      queue: this.queue,
      settings: { ...SETTINGS, ...settings },
      log: SILENT_LOG,
      spawn: this.#spawn,
      dispatch: (options) =>
        this.#dispatcher = new WatchedDispatcher(options, (id) => this.threadOf(id)?.assertSilent()),
      onError: (error) => world.hearError(error),
      onFatal: (exitCode, why) => exitCode === EXIT.wedged ? world.kill(this, why) : world.book.blame(why),
    });
  }

  get dispatcher(): WatchedDispatcher {
    assert.ok(this.#dispatcher, "The supervisor has made no dispatcher");
    return this.#dispatcher;
  }

  async start(): Promise<void> {
    await this.supervisor.start();
    this.startedAt = performance.now();
  }

  /** It has started, and is not stopping. */
  get isAtWork(): boolean {
    return this.startedAt !== null && !this.stopping;
  }

  async stop(patienceMs: number): Promise<void> {
    this.stopping = true;
    await this.supervisor.stop({ patienceMs });
    await this.queue.close();
  }

  /** Everything in it dies at once. */
  die(): void {
    this.main.alive = false;
    for (const { owner } of this.threads) {
      owner.alive = false;
      this.#world.book.died(owner.name);
    }
  }

  readonly threadOf = (consumerId: string): SimulatedThread | undefined =>
    [...this.threads].find((thread) => thread.consumerId === consumerId);

  #spawn: Spawn = ({ start, onMessage, onReady, onEnd }) => {
    if (!("tickets" in start)) throw new TypeError("Only consumers are simulated.");
    const { main } = this;
    const thread: SimulatedThread = new SimulatedThread({
      ...{ world: this.#world, main, start },
      onMessage: (message) => {
        if (message.type === "ready") onReady?.();
        onMessage(message);
      },
      onEnd: (why) => {
        this.threads.delete(thread);
        onEnd(why);
      },
    });
    this.threads.add(thread);
    return thread;
  };
}
