/** Checks the whole at intervals: is a due job left unclaimed, without a holder, or run twice? */
import { livingHeartbeats } from "../../../queue/policy/deaths.ts";
import type { ModelJob } from "../../support/queue/model.ts";
import type { SimulatedProcess } from "./simulated_process.ts";
import type { World } from "./world.ts";

const LOOK_MS = 50;
const FORGOTTEN_MS = 500;
/** How long a due job waits at most while a consumer is idle and nothing is wrong: claims are tried again within that. */
const PICKUP_MS = 1_500;

export class Watchman {
  readonly #world: World;
  /** Since when a consumer has been idle while something was due. */
  #idleSince: number | null = null;
  /** Since when a job has been due while a consumer was idle, by its number. */
  readonly #dueSince = new Map<number, number>();
  /** Since when a lease has had no holder, by job and lease. */
  readonly #orphanedSince = new Map<string, number>();

  /** When a lease was last seen in flight at the dispatcher. */
  readonly #heldAt = new Map<string, number>();

  constructor(world: World) {
    this.#world = world;
  }

  watch(): void {
    const { timeline } = this.#world;
    timeline.after(LOOK_MS, timeline.world, () => {
      this.#look();
      this.watch();
    });
  }

  #look(): void {
    const { process } = this.#world;
    if (process === null || process.startedAt === null || process.stopping) {
      this.#idleSince = null;
      this.#dueSince.clear();
      this.#orphanedSince.clear();
      this.#heldAt.clear();
      return;
    }
    this.#lookForSuspects(process);
    this.#lookForIdlers(process);
    this.#lookForOrphans(process);
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

  /** No wake-up is lost: a job is claimed soon, not by the next sweep. If the clock was set, it may be. */
  #lookForLatePickups(due: readonly ModelJob[]): void {
    const { timeline: { now, timesSet }, book } = this.#world;
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

  /** I8: every PROCESSING job has a holder, or is soon found by the sweep. */
  #lookForOrphans({ dispatcher }: SimulatedProcess): void {
    const { disk, timeline: { now, timesSet }, settings, book } = this.#world;
    const held = new Set(dispatcher.leases.map(keyOf));
    const jobs = [...disk.jobs].filter(({ status }) => status === "PROCESSING");
    this.#lookForForgotten(jobs, held);
    const orphans = jobs.filter((job) => !held.has(keyOf(job)));
    const keys = new Set(orphans.map(keyOf));
    for (const key of this.#orphanedSince.keys()) if (!keys.has(key)) this.#orphanedSince.delete(key);
    const slackMs = timesSet > 0 ? livingHeartbeats({ stallMs: 0 }).aheadMs : 0;
    const mostMs = settings.stallMs + 4 * settings.sweepMs + 2_000 + slackMs;
    if (this.#world.wasDisturbedSince(now - 100)) return this.#orphanedSince.clear();
    for (const job of orphans) {
      const since = this.#orphanedSince.get(keyOf(job)) ?? now;
      this.#orphanedSince.set(keyOf(job), since);
      if (now - since > mostMs) {
        book.blame(`I8: ${job.id} is PROCESSING, and without a holder for ${now - since} ms`);
      }
    }
  }

  /** The dispatcher gives up a job in flight only by a write. */
  #lookForForgotten(jobs: readonly ModelJob[], held: ReadonlySet<string>): void {
    const { book, timeline: { now }, weather } = this.#world;
    for (const key of held) this.#heldAt.set(key, now);
    for (const job of jobs) {
      const heldAt = this.#heldAt.get(keyOf(job));
      if (heldAt === undefined || now - heldAt < FORGOTTEN_MS || heldAt < weather.lastOdd + 100) continue;
      if (!book.wasEdited(job)) book.blame(`${job.id} was in flight, and is forgotten`);
    }
  }
}

function keyOf({ seq, lease }: Pick<ModelJob, "seq" | "lease">): string {
  return `${seq}:${lease}`;
}
