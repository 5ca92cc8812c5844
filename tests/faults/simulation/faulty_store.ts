/**
 * One process's connection to the disk, and every fault on the way.
 * A local one writes as SQLite does: what arrives together is one transaction in one turn. A remote one
 * writes each request by itself, in any order, and its results take time to arrive.
 */
import type { Job, OperatorVerb } from "../../../queue/job.ts";
import { StorageError } from "../../../queue/errors.ts";
import type { Settlement, Store } from "../../../queue/store.ts";
import type { WriteVerb } from "./auditor.ts";
import type { Owner } from "./timeline.ts";
import type { World } from "./world.ts";

interface Write {
  readonly verb: WriteVerb;
  readonly work: () => unknown;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly since: number;
}

/** What may happen to the next write of a verb. */
export type Fate = "unknown error" | "error after commit" | "crash after commit";

const PATIENCE_MS = 5_000;
const WATCH_MS = 100;

export class FaultyStore implements Store {
  /** `verify` checks the content of this store after each run. */
  readonly now = () => Date.now();
  /** The id under which it has joined. */
  #process: string | null = null;
  readonly #world: World;
  readonly #main: Owner;
  #writes: Write[] = [];
  /** Late settlements that were reported to its process. */
  fenced = 0;
  #closed = false;

  constructor(world: World, main: Owner) {
    this.#world = world;
    this.#main = main;
  }

  insert: Store["insert"] = (jobs) => this.#write("insert", () => this.#world.disk.insert(jobs));
  claim: Store["claim"] = (requests, { setBack = null } = {}) =>
    this.#write("claim", () => this.#world.disk.claim(requests, { setBack, process: this.#process }));
  renew: Store["renew"] = (leases) => this.#write("renew", () => this.#world.disk.renew(leases));
  settle: Store["settle"] = async (settlements) => {
    const answers = await this.#write("settle", () => {
      const answers = this.#world.disk.settle(settlements);
      const told = settlements.map(({ verb, seq, lease }) => `${verb} number ${seq}:${lease}`);
      this.#world.trace.say(this.#main.name, told.join(", "));
      this.#world.book.settled(settlements, answers);
      return answers;
    });
    this.fenced += settlements.filter((one, i) => !answers[i] && !isOfSweep(one)).length;
    return answers;
  };
  move: Store["move"] = (verb: OperatorVerb, ids) =>
    this.#write("move", () => this.#world.disk.move(verb, ids));
  join: Store["join"] = (process) =>
    this.#write("join", () => {
      this.#world.disk.join(process);
      this.#process = process.id;
    });
  beat: Store["beat"] = () => this.#write("beat", () => this.#world.disk.beat(this.#process ?? ""));
  leave: Store["leave"] = (id) => this.#write("leave", () => this.#world.disk.leave(id));
  processes: Store["processes"] = () => this.#read(() => this.#world.disk.processes(this.#process));
  orphans: Store["orphans"] = (request) => {
    const held = this.#world.process?.dispatcher.leases ?? [];
    return this.#write("orphans", () => {
      const orphans = this.#world.disk.orphans(request);
      this.#world.book.orphaned(orphans, held);
      return orphans;
    });
  };
  prune: Store["prune"] = (request) => this.#write("prune", () => this.#world.disk.prune(request));

  get: Store["get"] = (id) => this.#read(() => this.#world.disk.get(id));
  getMany: Store["getMany"] = (seqs) => this.#read(() => this.#world.disk.getMany(seqs));
  list: Store["list"] = (query) => this.#read(() => this.#world.disk.list(query));
  stats: Store["stats"] = (options) => this.#read(() => this.#world.disk.stats(options));
  watch: Store["watch"] = (onChange) => {
    const { disk, timeline } = this.#world;
    let seen = disk.outsideWrites;
    let isOver = false;
    const lookLater = () =>
      timeline.after(WATCH_MS, this.#main, () => {
        if (isOver || this.#closed) return;
        const isNews = disk.outsideWrites !== seen;
        seen = disk.outsideWrites;
        lookLater();
        if (isNews) onChange();
      });
    lookLater();
    return { [Symbol.dispose]: () => void (isOver = true) };
  };
  probe: Store["probe"] = () => this.#read(() => {});
  check: Store["check"] = () => Promise.resolve([]);
  dump: Store["dump"] = () => Promise.reject(new RangeError("No simulation copies a queue."));
  restore: Store["restore"] = () => Promise.reject(new RangeError("No simulation copies a queue."));
  readonly capabilities: Store["capabilities"] = {
    backup: { reason: "A simulated disk cannot be copied." },
    deepCheck: { reason: "A simulated disk has no pages." },
    hosts: { reason: "The processes of the simulation do not meet." },
    facts: { reason: "The processes of the simulation do not meet." },
  };

  /** As SQLite's does, it writes what waits first, except claims. */
  close(): Promise<void> {
    this.#closed = true;
    for (const { verb, reject } of this.#writes) if (verb === "claim") reject(new StorageError("Closed."));
    this.#writes = this.#writes.filter(({ verb }) => verb !== "claim");
    if (this.#writes.length > 0) this.#commits();
    return Promise.resolve();
  }

  #read<T>(look: () => T): Promise<T> {
    const { random, timeline, isRemote, isCalm } = this.#world;
    if (!isRemote || isCalm) return Promise.resolve().then(look);
    return new Promise((resolve) =>
      timeline.after(random.below(300) / 100, this.#main, () => resolve(look()))
    );
  }

  #write<T>(verb: WriteVerb, work: () => T): Promise<T> {
    if (this.#closed) return Promise.reject(new StorageError("The queue is closed."));
    return new Promise<T>((resolve, reject) => {
      const since = this.#world.timeline.now;
      const write = { verb, work, reject, since, resolve: resolve as (answer: unknown) => void };
      if (this.#world.isRemote) return this.#send(write);
      this.#writes.push(write);
      if (this.#writes.length === 1) this.#later(() => this.#commits());
    });
  }

  #later(run: () => void, who = this.#main): void {
    this.#world.timeline.after(this.#world.weather.latencyMs(), who, run);
  }

  // As SQLite ----------------------------------------------------------------------------------------------------------

  #commits(): void {
    const writes = this.#writes.splice(0);
    if (this.#world.weather.isLocked) return this.#waitForOthers(writes);
    const answered: (() => void)[] = [];
    for (const write of writes) {
      answered.push(this.#commit(write));
      // The caller learns nothing of the rest of this transaction; later writes are lost.
      if (!this.#main.alive) return;
    }
    for (const answer of answered) answer();
  }

  #waitForOthers(writes: readonly Write[]): void {
    const latest = this.#world.timeline.now - PATIENCE_MS;
    const patient = writes.filter(({ since }) => since > latest);
    for (const write of writes) if (!patient.includes(write)) write.reject(busy());
    this.#writes.unshift(...patient);
    if (this.#writes.length === 0) return;
    this.#world.timeline.after(10 + this.#world.random.below(240), this.#main, () => this.#commits());
  }

  // As a server ----------------------------------------------------------------------------------------------------------

  /** Once sent it is written, even if its sender dies meanwhile. */
  #send(write: Write): void {
    this.#later(() => {
      if (this.#world.weather.isLocked) return this.#later(() => write.reject(busy()));
      const answer = this.#commit(write);
      this.#later(answer);
    }, this.#world.timeline.world);
  }

  /** Writes it, or not. Returns a function that settles the caller's promise. */
  #commit({ verb, work, resolve, reject }: Write): () => void {
    const { weather, book, trace, isCalm } = this.#world;
    const say = (what: string) => trace.say(this.#main.name, `${verb} ${what}`);
    const fate = weather.fateOf(verb);
    if (fate === "unknown error") {
      say("fails with an unknown error");
      return () => reject(new RangeError("Misfortune: an unknown error"));
    }
    if (weather.isFullFor(verb)) {
      say("does not fit on the disk");
      return () => reject(new StorageError("Misfortune: the disk is full.", { passing: true }));
    }
    const answer = work();
    book.written(verb);
    const text = JSON.stringify(answer ?? null, brief);
    const isNews = !(isCalm && (verb === "renew" || text.includes('"claimed":[]')));
    if (verb !== "prune" && verb !== "beat" && text !== "[]" && isNews) say(text);
    if (fate === "crash after commit") {
      this.#world.kill("right after a commit");
      return () => {};
    }
    if (fate !== "error after commit") {
      return () => resolve(answer);
    }
    say("is written, and answered with an error");
    return () => reject(new StorageError("Misfortune: the connection broke.", { passing: true }));
  }
}

/** A sweep or a recovery that comes too late is no late write of a worker. */
function isOfSweep(settlement: Settlement): boolean {
  return settlement.verb === "release" &&
    /^(?:No heartbeat for more than|The process died)/.test(settlement.detail ?? "");
}

function busy(): StorageError {
  return new StorageError("Misfortune: the database is locked.", { passing: true });
}

/** Jobs as their id, number and lease: a line each is enough. */
function brief(_: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("id" in value && "seq" in value)) return value;
  const { id, lease, status } = value as Partial<Job>;
  return `${id}:${lease}${status ? ` ${status}` : ""}`;
}
