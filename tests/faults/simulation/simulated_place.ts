/** A place with simulated threads: what `workers/places/consumer_place.ts` does, with its real desk and place. */
import type { LifeEvents } from "../../../workers/child.ts";
import { Desk } from "../../../workers/dispatch/desk.ts";
import type { EndOfConsumer } from "../../../workers/dispatch/unfinished.ts";
import type { Dispatcher } from "../../../workers/dispatcher.ts";
import { Place } from "../../../workers/places/place.ts";
import type { WedgedThreads } from "../../../workers/places/wedged_threads.ts";
import type { FromThread, ToConsumer } from "../../../workers/protocol.ts";
import { SimulatedThread } from "./simulated_thread.ts";
import { TicketWatch } from "./ticket_watch.ts";
import type { Owner } from "./timeline.ts";
import type { World } from "./world.ts";

export interface PlaceOptions {
  readonly world: World;
  readonly main: Owner;
  readonly slot: number;
  readonly dispatcher: Dispatcher;
  readonly wedged: WedgedThreads;
}

export class SimulatedPlace {
  readonly #options: PlaceOptions;
  readonly #place: Place<ToConsumer>;
  /** All threads that ever ran here and may still run. */
  readonly threads = new Set<SimulatedThread>();
  desk: Desk | null = null;
  ticketWatch: TicketWatch | null = null;
  thread: SimulatedThread | null = null;

  constructor(options: PlaceOptions) {
    this.#options = options;
    this.#place = new Place<ToConsumer>({
      role: "consumer",
      clock: () => performance.now(),
      wedged: options.wedged,
      spawn: (id, events) => this.#spawn(id, events),
      onOver: (_, why) => {
        const wasUseful = (this.desk?.done ?? 0) > 0;
        this.#leave({ type: "crashed", detail: why });
        return { wasUseful, work: null };
      },
    });
  }

  get id(): string | null {
    return this.#place.id;
  }

  get silentMs(): number | null {
    return this.desk?.ready ? performance.now() - this.desk.heardAt : null;
  }

  fill(): void {
    this.#place.fill();
  }

  giveUp(why: string): number {
    const taken = this.#leave({ type: "stalled", detail: why });
    this.#place.replace(why);
    return taken;
  }

  replace(why: string, guilty: number | null | undefined): void {
    this.#leave({ type: "crashed", detail: why, ...(guilty === undefined ? {} : { guilty }) });
    this.#place.replace(why);
  }

  stop(ms: number): Promise<void> {
    return this.#place.stop({ type: "close" }, ms);
  }

  #spawn(consumerId: string, { onEnd }: LifeEvents) {
    const { world, main, slot } = this.#options;
    const watch = new TicketWatch();
    const post = (message: ToConsumer) => {
      watch.note(message);
      thread.post(message);
    };
    const desk = new Desk({ consumerId, slot, post, now: () => performance.now() });
    const thread: SimulatedThread = new SimulatedThread({
      ...{
        world,
        main,
        consumerId,
        tickets: desk.tickets.shared,
        state: desk.state,
        heartbeatMs: world.settings.heartbeatMs,
      },
      onMessage: (message) => this.#hear(desk, message),
      onEnd: (why) => {
        this.threads.delete(thread);
        onEnd(why);
      },
    });
    this.threads.add(thread);
    [this.desk, this.thread, this.ticketWatch] = [desk, thread, watch];
    return thread;
  }

  #hear(desk: Desk, message: FromThread): void {
    if (desk !== this.desk) return;
    const { dispatcher } = this.#options;
    if (message.type === "ready") {
      desk.ready = true;
      desk.heardAt = performance.now();
      dispatcher.join(desk);
    } else if (message.type === "beat") dispatcher.beat(desk);
    else if (message.type === "results") dispatcher.results(desk, message.results, message.busyMs);
    else if (message.type === "told") desk.told(message.ticket);
    else this.replace("It cannot be used any more", null);
  }

  #leave(end: EndOfConsumer): number {
    const desk = this.desk;
    if (desk === null) return 0;
    this.desk = null;
    return this.#options.dispatcher.leave(desk.consumerId, end);
  }
}
