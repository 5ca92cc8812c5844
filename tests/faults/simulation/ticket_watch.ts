/** Which tickets a handle has given out and not got back: a leak slows a consumer down until it gets no jobs. */
import type { ConsumerHandle } from "../../../workers/dispatch/consumer_handle.ts";
import { TicketRoll } from "../../../workers/dispatch/tickets.ts";
import type { ToConsumer } from "../../../workers/protocol.ts";

const CELLS = new TicketRoll().left;

export class TicketWatch {
  readonly #given = new Set<number>();
  readonly #settled = new Set<number>();

  note(message: ToConsumer): void {
    if (message.type === "jobs") { for (const { ticket } of message.jobs) this.#given.add(ticket); }
    if (message.type !== "settled") return;
    for (const ticket of [...message.completed, ...message.others]) {
      this.#given.delete(ticket);
      this.#settled.add(ticket);
    }
  }

  /** For a handle with no job in flight: one sentence for each ticket that is missing. */
  problems(handle: ConsumerHandle): string[] {
    const lost = [...this.#given].filter((ticket) =>
      handle.tickets.hasBegun(ticket) || handle.tickets.revoke(ticket)
    );
    const left = leftOf(handle);
    return [
      ...lost.map((ticket) => `ticket ${ticket} of ${handle.consumerId} never came back`),
      ...left === CELLS ? [] : [`${handle.consumerId} has ${left} tickets left, of ${CELLS}`],
    ];
  }
}

/** The handle's own supply is private; but the handle checks it before it reports its room. */
function leftOf(handle: ConsumerHandle): number {
  const before = Object.getOwnPropertyDescriptor(TicketRoll.prototype, "left") ?? {};
  let left = -1;
  Object.defineProperty(TicketRoll.prototype, "left", {
    configurable: true,
    get(this: TicketRoll) {
      return left = Number(before.get?.call(this));
    },
  });
  handle.room(1);
  Object.defineProperty(TicketRoll.prototype, "left", before);
  return left;
}
