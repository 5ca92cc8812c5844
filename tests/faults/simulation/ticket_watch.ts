/** Which tickets a desk has given out and not got back: a leak makes a consumer slower until it gets no jobs. */
import type { Desk } from "../../../workers/dispatch/desk.ts";
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

  /** For a desk with no job in flight: one sentence for each ticket that is missing. */
  problems(desk: Desk): string[] {
    const lost = [...this.#given].filter((ticket) =>
      desk.tickets.hasBegun(ticket) || desk.tickets.revoke(ticket)
    );
    const left = leftOf(desk);
    return [
      ...lost.map((ticket) => `ticket ${ticket} of ${desk.consumerId} never came back`),
      ...left === CELLS ? [] : [`${desk.consumerId} has ${left} tickets left, of ${CELLS}`],
    ];
  }
}

/** The desk's own supply is private; but the desk checks it before it reports its room. */
function leftOf(desk: Desk): number {
  const before = Object.getOwnPropertyDescriptor(TicketRoll.prototype, "left") ?? {};
  let left = -1;
  Object.defineProperty(TicketRoll.prototype, "left", {
    configurable: true,
    get(this: TicketRoll) {
      return left = Number(before.get?.call(this));
    },
  });
  desk.room(1);
  Object.defineProperty(TicketRoll.prototype, "left", before);
  return left;
}
