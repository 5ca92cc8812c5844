/** A slot with simulated threads: what `workers/slots/consumer_slot.ts` does, with its handle and its thread slot. */
import type { LifeEvents } from "../../../workers/child.ts";
import { ConsumerHandle } from "../../../workers/dispatch/consumer_handle.ts";
import type { EndOfConsumer } from "../../../workers/dispatch/abandoned_jobs.ts";
import type { Dispatcher } from "../../../workers/dispatcher.ts";
import { ThreadSlot } from "../../../workers/slots/thread_slot.ts";
import type { WedgedThreads } from "../../../workers/slots/wedged_threads.ts";
import type { FromThread, ToConsumer } from "../../../workers/protocol.ts";
import { SimulatedThread } from "./simulated_thread.ts";
import { TicketWatch } from "./ticket_watch.ts";
import type { Owner } from "./timeline.ts";
import type { World } from "./world.ts";

export interface ThreadSlotOptions {
  readonly world: World;
  readonly main: Owner;
  readonly slot: number;
  readonly dispatcher: Dispatcher;
  readonly wedged: WedgedThreads;
}

export class SimulatedSlot {
  readonly #options: ThreadSlotOptions;
  readonly #slot: ThreadSlot<ToConsumer>;
  /** All threads that ever ran here and may still run. */
  readonly threads = new Set<SimulatedThread>();
  handle: ConsumerHandle | null = null;
  ticketWatch: TicketWatch | null = null;
  thread: SimulatedThread | null = null;

  constructor(options: ThreadSlotOptions) {
    this.#options = options;
    this.#slot = new ThreadSlot<ToConsumer>({
      role: "consumer",
      clock: () => performance.now(),
      wedged: options.wedged,
      spawn: (id, events) => this.#spawn(id, events),
      onOver: (_, why) => {
        const wasUseful = (this.handle?.done ?? 0) > 0;
        this.#leave({ type: "crashed", detail: why });
        return { wasUseful, work: null };
      },
    });
  }

  get id(): string | null {
    return this.#slot.id;
  }

  get silentMs(): number | null {
    return this.handle?.ready ? performance.now() - this.handle.heardAt : null;
  }

  fill(): void {
    this.#slot.fill();
  }

  giveUp(why: string): number {
    const taken = this.#leave({ type: "stalled", detail: why });
    this.#slot.replace(why);
    return taken;
  }

  replace(why: string, guilty: number | null | undefined): void {
    this.#leave({ type: "crashed", detail: why, ...(guilty === undefined ? {} : { guilty }) });
    this.#slot.replace(why);
  }

  stop(ms: number): Promise<void> {
    return this.#slot.stop({ type: "close" }, ms);
  }

  #spawn(consumerId: string, { onEnd }: LifeEvents) {
    const { world, main, slot } = this.#options;
    const watch = new TicketWatch();
    const post = (message: ToConsumer) => {
      watch.note(message);
      thread.post(message);
    };
    const handle = new ConsumerHandle({ consumerId, slot, post, now: () => performance.now() });
    const thread: SimulatedThread = new SimulatedThread({
      ...{
        world,
        main,
        consumerId,
        tickets: handle.tickets.shared,
        state: handle.state,
        heartbeatMs: world.settings.heartbeatMs,
      },
      onMessage: (message) => this.#hear(handle, message),
      onEnd: (why) => {
        this.threads.delete(thread);
        onEnd(why);
      },
    });
    this.threads.add(thread);
    [this.handle, this.thread, this.ticketWatch] = [handle, thread, watch];
    return thread;
  }

  #hear(handle: ConsumerHandle, message: FromThread): void {
    if (handle !== this.handle) return;
    const { dispatcher } = this.#options;
    if (message.type === "ready") {
      handle.ready = true;
      handle.heardAt = performance.now();
      dispatcher.join(handle);
    } else if (message.type === "beat") dispatcher.beat(handle);
    else if (message.type === "results") dispatcher.results(handle, message.results, message.busyMs);
    else if (message.type === "told") handle.told(message.ticket);
    else this.replace("It cannot be used any more", null);
  }

  #leave(end: EndOfConsumer): number {
    const handle = this.handle;
    if (handle === null) return 0;
    this.handle = null;
    return this.#options.dispatcher.leave(handle.consumerId, end);
  }
}
