/** A consumer without a thread of its own: its dispatcher cannot tell the difference, and it costs nothing to start. */
import type { Outcome } from "@persistent-queue/queue";
import { ConsumerHandle } from "../../../workers/dispatch/consumer_handle.ts";
import type { Dispatcher } from "../../../workers/dispatcher.ts";
import type { JobMessage, ToConsumer } from "../../../workers/protocol.ts";

/** Longer than a dispatcher waits for heartbeats that come together. */
const SLOW_MS = 15;

export class ThreadlessConsumer {
  readonly #dispatcher: Dispatcher;
  readonly #handle: ConsumerHandle;
  #inbox: Promise<void> = Promise.resolve();

  constructor(dispatcher: Dispatcher, slot: number) {
    this.#dispatcher = dispatcher;
    this.#handle = new ConsumerHandle({
      ...{ consumerId: `consumer ${slot}`, slot, now: () => performance.now() },
      post: (message) => this.#receive(message),
    });
    this.#handle.ready = true;
    dispatcher.join(this.#handle);
  }

  #receive(message: ToConsumer): void {
    if (message.type !== "jobs") return;
    for (const job of message.jobs) this.#inbox = this.#inbox.then(() => this.#work(job));
  }

  async #work(job: JobMessage): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (!this.#handle.tickets.begin(job.ticket)) return;
    if (job.kind === "slow") {
      this.#dispatcher.beat(this.#handle);
      await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
    }
    this.#handle.tickets.end(job.ticket);
    this.#dispatcher.results(this.#handle, [{ ticket: job.ticket, outcome: outcomeOf(job) }], 0);
  }
}

export const KINDS: readonly string[] = ["noop", "slow", "fail", "give_up"];

function outcomeOf({ kind, payload, attempt }: JobMessage): Outcome {
  if (kind === "give_up") return { type: "gave-up", error: "no use" };
  // As often as the payload says; it may be followed by words that take room.
  if (kind === "fail" && attempt <= Number.parseInt(JSON.parse(payload))) {
    return { type: "threw", error: `attempt ${attempt} failed on purpose` };
  }
  return { type: "returned", result: `"done at attempt ${attempt}"` };
}
