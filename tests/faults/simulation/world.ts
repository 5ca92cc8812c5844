/** Everything in one run: time, randomness, the disk, what was acknowledged, and the running processes. */
import { StorageError } from "../../../queue/errors.ts";
import type { Handlers } from "../../../workers/handlers.ts";
import type { Random } from "../../support/random.ts";
import { Book } from "./book.ts";
import { Disk } from "./disk.ts";
import { SimulatedProcess } from "./simulated_process.ts";
import { Timeline } from "./timeline.ts";
import { Trace } from "./trace.ts";
import { Weather } from "./weather.ts";

export interface SimulatedSettings {
  readonly consumers: number;
  readonly heartbeatMs: number;
  readonly sweepMs: number;
  readonly stallMs: number;
  readonly retryDelaysMs: readonly number[];
  readonly crashLimit: number;
  /** 0 = for ever. */
  readonly retentionMs: number;
}

const PACES = [
  { heartbeatMs: 50, sweepMs: 200, stallMs: 600 },
  { heartbeatMs: 100, sweepMs: 1_000, stallMs: 2_500 },
  { heartbeatMs: 1_000, sweepMs: 10_000, stallMs: 30_000 },
];

export class World {
  readonly random: Random;
  readonly handlers: Handlers;
  readonly timeline: Timeline;
  readonly trace: Trace;
  readonly disk = new Disk();
  readonly weather: Weather;
  readonly book: Book;
  readonly settings: SimulatedSettings;
  /** Whether the storage is a server, not a file. */
  readonly isRemote: boolean;
  /** How many processes work on it, each on its own host; one for a file. */
  readonly hosts: number;
  /** After this time the others know that a process is dead. */
  readonly #deathShowsMs: number;
  /** True once there are no more misfortunes. */
  isCalm = false;
  /** The living processes. */
  readonly processes: SimulatedProcess[] = [];
  /** When a process was last held up, or the clock set. */
  disturbedAt = 0;
  deaths = 0;
  /** How many processes have ended, in whatever way. */
  endings = 0;
  /** How many writes take effect after their callers have given up. */
  lateEffects = 0;
  readonly #endedAt = new Map<string, number>();
  /** How many times a consumer was given up because it had fallen silent. */
  silences = 0;
  #generation = 0;

  constructor(random: Random, handlers: Handlers) {
    this.random = random;
    this.handlers = handlers;
    this.timeline = new Timeline(random);
    this.trace = new Trace(() => this.timeline.now);
    this.settings = {
      consumers: 1 + random.below(4),
      ...random.pick(PACES),
      retryDelaysMs: random.pick([[1_000, 2_000, 4_000], [10, 20, 40]]),
      crashLimit: 3,
      retentionMs: random.chance(0.2) ? 20_000 : 0,
    };
    this.isRemote = random.chance(0.5);
    this.hosts = this.isRemote ? 1 + random.below(3) : 1;
    this.#deathShowsMs = this.isRemote ? random.pick([0, 2_000, 10_000]) : 0;
    this.weather = new Weather(this.timeline, random);
    this.book = new Book(this.disk, this.timeline, this.settings);
    this.trace.say(
      "world",
      `${this.isRemote ? `${this.hosts} hosts` : "local"} ${JSON.stringify(this.settings)}`,
    );
  }

  /** A rare misfortune happens now, unless all is calm. */
  strikes(probability: number): boolean {
    return !this.isCalm && this.random.chance(probability);
  }

  disturb(): void {
    this.disturbedAt = this.timeline.now;
  }

  /** Whether the process or its storage was paused or failed since that moment. */
  wasDisturbedSince(moment: number): boolean {
    const { now } = this.timeline;
    const frozenUntil = this.processes.map(({ main }) => main.frozenUntil);
    return Math.max(this.disturbedAt, ...frozenUntil) >= moment || this.weather.wasBadWithin(now - moment);
  }

  /** Starts a process, if one is missing. */
  boot(): void {
    if (this.processes.length >= this.hosts) return;
    this.disturb();
    const process = new SimulatedProcess(this, ++this.#generation);
    this.processes.push(process);
    this.trace.say("world", `a process starts: ${process.main.name}`);
    this.timeline.after(0, process.main, () => {
      process.start().catch((error: unknown) => {
        this.hearError(error);
        this.kill(process, "because its start failed");
      });
    });
  }

  /** Does nothing if the process is already dead. */
  kill(process: SimulatedProcess, why: string): void {
    if (!this.end(process)) return;
    this.trace.say("world", `kill -9 of ${process.main.name} ${why}`);
    this.deaths += 1;
    this.timeline.after(this.random.below(3_000), this.timeline.world, () => this.boot());
  }

  /** Stops everything in it. False if it had already ended. */
  end(process: SimulatedProcess): boolean {
    const place = this.processes.indexOf(process);
    if (place === -1) return false;
    this.processes.splice(place, 1);
    process.die();
    this.endings += 1;
    for (const id of process.store.joined) this.#endedAt.set(id, this.timeline.now);
    return true;
  }

  /** Whether the store knows that the process with this id is dead. */
  isKnownDead(id: string): boolean {
    const endedAt = this.#endedAt.get(id);
    return endedAt !== undefined && endedAt + this.#deathShowsMs <= this.timeline.now;
  }

  /** A random living process, or null. */
  someProcess(): SimulatedProcess | null {
    return this.processes.length === 0 ? null : this.random.pick(this.processes);
  }

  /** Runs the request in the main thread of a process, like a request from outside. */
  ask(request: (process: SimulatedProcess) => Promise<void>): void {
    const process = this.someProcess();
    if (process === null) return;
    this.timeline.after(0, process.main, () => {
      request(process).catch((error: unknown) => this.hearError(error));
    });
  }

  /** Only errors that a misfortune has caused are expected. */
  hearError(error: unknown): void {
    if (error instanceof StorageError || String(error).includes("Misfortune")) return;
    this.book.blame(`An unexpected error: ${error instanceof Error ? error.stack : String(error)}`);
  }
}
