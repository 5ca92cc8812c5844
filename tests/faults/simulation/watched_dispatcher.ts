/** The real dispatcher, with its consumers visible. */
import type { EndOfConsumer } from "../../../workers/dispatch/abandoned.ts";
import type { ConsumerHandle } from "../../../workers/dispatch/consumer_handle.ts";
import { Dispatcher, type DispatcherOptions } from "../../../workers/dispatcher.ts";

export class WatchedDispatcher extends Dispatcher {
  /** The handles of the consumers that are ready, by id. */
  readonly handles = new Map<string, ConsumerHandle>();
  readonly #options: DispatcherOptions;
  readonly #onStalled: (consumerId: string) => void;

  /** `onStalled`: this consumer is given up because it has fallen silent. */
  constructor(options: DispatcherOptions, onStalled: (consumerId: string) => void) {
    super(options);
    this.#options = options;
    this.#onStalled = onStalled;
  }

  override join(handle: ConsumerHandle): void {
    this.handles.set(handle.consumerId, handle);
    super.join(handle);
  }

  override leave(consumerId: string, end: EndOfConsumer): number {
    this.handles.delete(consumerId);
    if (end.type === "stalled") this.#onStalled(consumerId);
    return super.leave(consumerId, end);
  }

  /** No job is to blame, as if the process had run out of open files. */
  giveUp(consumerId: string, why: string): void {
    this.#options.onUnusable(consumerId, why, { guilty: null });
  }
}
