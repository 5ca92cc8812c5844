/** Jobs that the store refuses to release from a dead or silent holder, such as by a trigger made by hand. */
import { messageOf } from "../errors.ts";
import type { Events } from "../events.ts";
import type { Lease } from "../job.ts";
import { printable } from "../basics/text.ts";

/** The pages show only so many, and the log tells of no more. */
const MAX_SHOWN = 5;

export class Refusals {
  readonly #events: Events;
  /** By the number of the job: those of the last sweep, and those found since. */
  readonly #warnings = new Map<number, string>();
  /** Sentences that the log holds already. */
  readonly #told = new Set<string>();

  constructor(events: Events) {
    this.#events = events;
  }

  /** A sweep finds again what is still refused. */
  beginRound(): void {
    this.#warnings.clear();
  }

  note({ seq, id }: Pick<Lease, "seq"> & { readonly id: string }, error: unknown): void {
    if (this.#warnings.size >= MAX_SHOWN) return;
    const warning = `Job "${
      printable(id, { maxLength: 200 })
    }" stays in PROCESSING because its release is refused: ${
      messageOf(error)
    } Undo what was changed by hand.`;
    this.#warnings.set(seq, warning);
    if (this.#told.has(warning) || this.#told.size >= MAX_SHOWN) return;
    this.#told.add(warning);
    this.#events.emit({ type: "storage-warning", warning });
  }

  get warnings(): readonly string[] {
    return [...this.#warnings.values()];
  }
}
