/**
 * The listeners for what a thread's code did not catch. One that a handler adds would hide the faults of other handlers.
 * Nothing here calls what a handler can replace.
 */
import type { EventEmitter } from "node:events";
import process from "node:process";

const { apply } = Reflect;
const { listeners, removeListener }: EventEmitter = process;

const EVENTS = ["uncaughtException", "unhandledRejection"] as const;

export class ProcessListeners {
  readonly #counts = EVENTS.map((event) => listeners.call(process, event).length);

  /** Whether a handler has added one. */
  get areMore(): boolean {
    for (let i = 0; i < EVENTS.length; i++) {
      if (listenersOf(EVENTS[i] as string).length !== this.#counts[i]) return true;
    }
    return false;
  }

  removeAdded(): void {
    for (let i = 0; i < EVENTS.length; i++) {
      const event = EVENTS[i] as string;
      const all = listenersOf(event);
      for (let n = this.#counts[i] as number; n < all.length; n++) {
        apply(removeListener, process, [event, all[n]]);
      }
    }
  }
}

function listenersOf(event: string): readonly unknown[] {
  return apply(listeners, process, [event]) as readonly unknown[];
}
