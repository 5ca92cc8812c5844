/** One life of the whole system: the real queue, dispatcher and sweeper, composed as in the supervisor. */
import { StorageError } from "../../../queue/errors.ts";
import type { QueueEvent } from "../../../queue/events.ts";
import { Queue } from "../../../queue/queue.ts";
import { Dispatcher } from "../../../workers/dispatcher.ts";
import { WedgedThreads } from "../../../workers/slots/wedged_threads.ts";
import { sleep } from "../../../queue/sleep.ts";
import { Sweeper } from "../../../workers/sweeper.ts";
import { FaultyStore } from "./faulty_store.ts";
import { SimulatedSlot } from "./simulated_slot.ts";
import { KINDS } from "./stage.ts";
import { type Owner, owner } from "./timeline.ts";
import type { World } from "./world.ts";

const RECOVERY_RETRY_MS = 1_000;

export class SimulatedProcess {
  readonly main: Owner;
  readonly store: FaultyStore;
  readonly queue: Queue;
  readonly dispatcher: Dispatcher;
  readonly places: readonly SimulatedSlot[];
  readonly sweeper: Sweeper;
  /** When it began to work, or null. */
  startedAt: number | null = null;
  stopping = false;
  readonly #world: World;

  constructor(world: World, generation: number) {
    this.#world = world;
    this.main = owner(`main ${generation}`);
    const { settings } = world;
    this.store = new FaultyStore(world, this.main);
    this.queue = new Queue(this.store, {
      handlersDir: "handlers",
      ...settings,
      kinds: KINDS,
      now: () => Date.now(),
    });
    this.dispatcher = new Dispatcher({
      queue: this.queue,
      now: () => Date.now(),
      clock: () => performance.now(),
      onError: (error) => world.hearError(error),
      onUnusable: (id, why, { guilty }) => this.places.find((place) => place.id === id)?.replace(why, guilty),
    });
    const { dispatcher, main } = this;
    const wedged = new WedgedThreads({ tell: () => {}, onTooMany: (why) => world.kill(why) });
    this.places = Array.from(
      { length: settings.consumers },
      (_, i) => new SimulatedSlot({ world, main, slot: i + 1, dispatcher, wedged }),
    );
    this.sweeper = new Sweeper({
      queue: this.queue,
      settings,
      clock: () => performance.now(),
      onError: (error) => world.hearError(error),
      judge: (moment) => this.#judge(moment),
      onSwept: () => {},
      onLost: (why) => world.book.blame(`The storage was taken for lost: ${why}`),
    });
  }

  async start(): Promise<void> {
    this.queue.subscribe((event) => this.#hear(event));
    while (!await this.#recovered()) await sleep(RECOVERY_RETRY_MS);
    await this.queue.probe();
    for (const place of this.places) place.fill();
    this.sweeper.start();
    this.startedAt = performance.now();
  }

  async stop(patienceMs: number): Promise<void> {
    this.stopping = true;
    this.sweeper.stop();
    await this.dispatcher.stop(patienceMs);
    await Promise.all(this.places.map((place) => place.stop(1_000)));
    await this.queue.close();
  }

  /** Everything in it dies at once. */
  die(): void {
    this.main.alive = false;
    for (const { threads } of this.places) for (const { owner } of threads) owner.alive = false;
  }

  async #recovered(): Promise<boolean> {
    try {
      await this.queue.recover();
      return true;
    } catch (error) {
      if (!(error instanceof StorageError)) this.#world.hearError(error);
      return false;
    }
  }

  #hear(event: QueueEvent): void {
    try {
      this.dispatcher.hear(event);
    } catch (error) {
      this.#world.hearError(error);
    }
  }

  #judge({ justWoke }: { justWoke: boolean }) {
    const { stallMs } = this.#world.settings;
    let freed = 0;
    for (const place of this.places) {
      const { silentMs } = place;
      if (silentMs === null || silentMs <= stallMs || justWoke) continue;
      this.#assertSilent(place);
      freed += place.giveUp("It fell silent");
    }
    return { held: this.dispatcher.leases, freed };
  }

  /** The consumer must have been silent by itself, not because the process was paused. */
  #assertSilent({ thread, handle, id }: SimulatedSlot): void {
    if (thread === null || handle === null || !thread.owner.alive) return;
    if (thread.owner.silentUntil < handle.heardAt) {
      this.#world.book.blame(`Consumer ${id} was given up, but did not hang`);
    }
  }
}
