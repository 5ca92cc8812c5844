/** Running jobs are told to stop; if one does not, its thread is cut off. */
import { sleep } from "@persistent-queue/queue";
import type { CancelReason } from "../protocol.ts";
import type { ConsumerHandle, InFlightJob } from "./consumer_handle.ts";

export interface StopOrdersOptions {
  readonly consumers: ReadonlyMap<string, ConsumerHandle>;
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

  give(handle: ConsumerHandle, inFlight: InFlightJob, reason: CancelReason): void {
    inFlight.canceled = reason;
    handle.post({ type: "cancel", ticket: inFlight.ticket, reason });
    this.#cutOffAfter(HEAR_MS, handle, inFlight, () => !inFlight.isTold);
    this.#cutOffAfter(GRACE_MS, handle, inFlight, () => true);
  }

  async #cutOffAfter(
    ms: number,
    handle: ConsumerHandle,
    inFlight: InFlightJob,
    isDue: () => boolean,
  ): Promise<void> {
    const { consumers, signal, onIgnored } = this.#options;
    await sleep(ms, signal);
    const isOver = signal.aborted || consumers.get(handle.consumerId) !== handle ||
      !handle.inFlight.has(inFlight.ticket);
    if (isOver || !isDue()) return;
    onIgnored(
      handle.consumerId,
      `A handler went on for ${ms / 1000} s after its job was ${inFlight.canceled}`,
    );
  }
}
