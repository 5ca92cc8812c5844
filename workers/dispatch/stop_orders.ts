/** Running jobs are told to stop; if one does not, its thread is cut off. */
import type { CancelReason } from "../protocol.ts";
import { sleep } from "../sleep.ts";
import type { Desk, Held } from "./desk.ts";

export interface StopOrdersOptions {
  readonly desks: ReadonlyMap<string, Desk>;
  /** Fires when the system stops, which ends whatever still runs. */
  readonly signal: AbortSignal;
  readonly onIgnored: (consumerId: string, why: string) => void;
}

/** A handler that runs this long after its signal fired is cut off with its thread. */
const GRACE_MS = 5_000;
/** A thread that has not confirmed the order by then is not listening: it computes, and its signal never fires. */
const HEAR_MS = 1_000;

export class StopOrders {
  readonly #options: StopOrdersOptions;

  constructor(options: StopOrdersOptions) {
    this.#options = options;
  }

  give(desk: Desk, held: Held, reason: CancelReason): void {
    held.canceled = reason;
    desk.post({ type: "cancel", ticket: held.ticket, reason });
    this.#cutOffAfter(HEAR_MS, desk, held, () => !held.isTold);
    this.#cutOffAfter(GRACE_MS, desk, held, () => true);
  }

  async #cutOffAfter(ms: number, desk: Desk, held: Held, isDue: () => boolean): Promise<void> {
    const { desks, signal, onIgnored } = this.#options;
    await sleep(ms, signal);
    const isOver = signal.aborted || desks.get(desk.consumerId) !== desk || !desk.held.has(held.ticket);
    if (isOver || !isDue()) return;
    onIgnored(desk.consumerId, `A handler went on for ${ms / 1000} s after its job was ${held.canceled}`);
  }
}
