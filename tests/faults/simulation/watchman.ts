/** Checks the whole system at intervals: is a job left without a holder, or forgotten? */
import { livingHeartbeats } from "../../../queue/policy/deaths.ts";
import type { ModelJob } from "../../support/queue/model.ts";
import { IdleWatch } from "./idle_watch.ts";
import type { SimulatedProcess } from "./simulated_process.ts";
import type { World } from "./world.ts";

const LOOK_MS = 50;
const FORGOTTEN_MS = 500;

export class Watchman {
  readonly #world: World;
  /** The watches of the living processes. */
  readonly #idleWatches = new Map<SimulatedProcess, IdleWatch>();
  /** Since when a lease has had no holder, by job and lease. */
  readonly #orphanedSince = new Map<string, number>();

  /** When a lease was last seen in flight at a dispatcher, as long as no process has ended or stopped since. */
  readonly #heldAt = new Map<string, number>();
  #endings = 0;

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
    const { processes, endings } = this.#world;
    for (const process of this.#idleWatches.keys()) {
      if (!processes.includes(process)) this.#idleWatches.delete(process);
    }
    for (const process of processes) {
      const watch = this.#idleWatches.get(process) ?? new IdleWatch(this.#world, process);
      this.#idleWatches.set(process, watch);
      watch.look();
    }
    // A stopping process forgets what it cannot write.
    if (endings !== this.#endings || processes.some(({ isAtWork }) => !isAtWork)) this.#heldAt.clear();
    this.#endings = endings;
    if (processes.some(({ isAtWork }) => isAtWork)) return this.#lookForOrphans(processes);
    this.#orphanedSince.clear();
    this.#heldAt.clear();
  }

  /** I8: every PROCESSING job has a holder, or is soon found by the sweep. */
  #lookForOrphans(processes: readonly SimulatedProcess[]): void {
    const { disk, timeline: { now, timesSet }, settings, book } = this.#world;
    const held = new Set(processes.flatMap(({ dispatcher }) => dispatcher.leases).map(keyOf));
    const jobs = [...disk.jobs].filter(({ status }) => status === "PROCESSING");
    this.#lookForForgotten(jobs, held);
    const orphans = jobs.filter((job) => !held.has(keyOf(job)));
    const keys = new Set(orphans.map(keyOf));
    for (const key of this.#orphanedSince.keys()) if (!keys.has(key)) this.#orphanedSince.delete(key);
    const slackMs = timesSet > 0 ? livingHeartbeats({ stallMs: 0 }).aheadMs : 0;
    const maxMs = settings.stallMs + 4 * settings.sweepMs + 2_000 + slackMs;
    if (this.#world.wasDisturbedSince(now - 100)) return this.#orphanedSince.clear();
    for (const job of orphans) {
      const since = this.#orphanedSince.get(keyOf(job)) ?? now;
      this.#orphanedSince.set(keyOf(job), since);
      if (now - since > maxMs) {
        book.blame(`I8: ${job.id} is PROCESSING, and without a holder for ${now - since} ms`);
      }
    }
  }

  /** A dispatcher gives up a job in flight only by a write. */
  #lookForForgotten(jobs: readonly ModelJob[], held: ReadonlySet<string>): void {
    const { book, timeline: { now }, weather } = this.#world;
    for (const key of held) this.#heldAt.set(key, now);
    for (const job of jobs) {
      const heldAt = this.#heldAt.get(keyOf(job));
      if (heldAt === undefined || now - heldAt < FORGOTTEN_MS || heldAt < weather.lastOdd + 100) continue;
      if (!book.wasEdited(job) && !book.wasRevived(job)) {
        book.blame(`${job.id} was in flight, and is forgotten`);
      }
    }
  }
}

function keyOf({ seq, lease }: Pick<ModelJob, "seq" | "lease">): string {
  return `${seq}:${lease}`;
}
