/** Checks one process at intervals: is a due job left unclaimed while a consumer of it is idle, or two suspects at once? */
import type { ModelJob } from "../../support/queue/model.ts";
import type { SimulatedProcess } from "./simulated_process.ts";
import type { World } from "./world.ts";

/** How long a due job may wait while a consumer is idle and nothing is wrong: claims are retried within that time. */
const PICKUP_MS = 1_500;

export class IdleWatch {
  readonly #world: World;
  readonly #process: SimulatedProcess;
  /** Since when a consumer has been idle while something was due. */
  #idleSince: number | null = null;
  /** Since when a job has been due while a consumer was idle, by its number. */
  readonly #dueSince = new Map<number, number>();

  constructor(world: World, process: SimulatedProcess) {
    this.#world = world;
    this.#process = process;
  }

  look(): void {
    if (!this.#process.isAtWork) {
      this.#idleSince = null;
      this.#dueSince.clear();
      return;
    }
    this.#lookForSuspects(this.#process);
    this.#lookForIdlers(this.#process);
  }

  #lookForSuspects({ dispatcher: { handles } }: SimulatedProcess): void {
    const held = [...handles.values()].flatMap(({ inFlight }) => [...inFlight.values()]);
    const suspects = held.filter(({ job, canceled }) => job.suspect && canceled === null);
    if (suspects.length > 1) {
      this.#world.book.blame(`Suspects at the same time: ${suspects.map(({ job }) => job.id)}`);
    }
  }

  /** No due job stays unclaimed while a consumer is idle. */
  #lookForIdlers(process: SimulatedProcess): void {
    const handles = [...process.dispatcher.handles.values()];
    const { timeline, settings, disk, book } = this.#world;
    const { now, wall } = timeline;
    const idle = handles.some(({ consumerId, inFlight }) =>
      inFlight.size === 0 && (process.threadOf(consumerId)?.owner.frozenUntil ?? Infinity) < now
    );
    const suspectsHeld = handles.some(({ hasSuspect }) => hasSuspect);
    const due = [...disk.jobs].filter((job) =>
      job.status === "PENDING" && job.runAt <= wall && !(job.suspect && suspectsHeld)
    );
    if (!idle || due.length === 0 || this.#world.wasDisturbedSince(now - 100)) {
      this.#dueSince.clear();
      return void (this.#idleSince = null);
    }
    this.#lookForLatePickups(due);
    this.#idleSince ??= now;
    if (now - this.#idleSince > 2 * settings.sweepMs + 2_000) {
      book.blame(
        `${due[0]?.id} is due and not claimed for ${now - this.#idleSince} ms, though a consumer is idle`,
      );
    }
  }

  /** No wake-up is lost: a job is claimed soon, not by the next sweep, unless the clock was set or a message lost. */
  #lookForLatePickups(due: readonly ModelJob[]): void {
    const { timeline: { now, timesSet }, book, weather, settings } = this.#world;
    if (weather.wasDeafWithin(settings.sweepMs + PICKUP_MS)) return this.#dueSince.clear();
    const numbers = new Set(due.map(({ seq }) => seq));
    for (const seq of this.#dueSince.keys()) if (!numbers.has(seq)) this.#dueSince.delete(seq);
    for (const { seq, id } of due) {
      const since = this.#dueSince.get(seq) ?? now;
      this.#dueSince.set(seq, since);
      if (timesSet === 0 && now - since > PICKUP_MS) {
        book.blame(`${id} was not picked up for ${now - since} ms, though a consumer is idle`);
      }
    }
  }
}
