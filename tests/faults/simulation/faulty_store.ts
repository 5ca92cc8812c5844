/**
 * One process's connection to the disk, and every fault on the way.
 * A local one writes as SQLite does: what arrives together is one transaction in one turn. A remote one
 * writes each request by itself, in any order, and its results take time to arrive.
 */
import type { Lease, OperatorVerb } from "../../../queue/job.ts";
import { StorageError } from "../../../queue/errors.ts";
import type { Store } from "../../../queue/store.ts";
import type { WriteVerb } from "./auditor.ts";
import { type Fate, passing, type Write } from "./fates.ts";
import { watchNews } from "./news.ts";
import { brief, isOfSweep } from "./telling.ts";
import type { Owner } from "./timeline.ts";
import type { World } from "./world.ts";

const PATIENCE_MS = 5_000;
/** How long a request or an answer is delayed at most. */
const LATE_MS = 8_000;
/** The writes that the processes notify each other of. */
const NEWS: readonly WriteVerb[] = ["insert", "settle", "move"];

/** No order from another host arrives. */
const MUTE_CHANNEL = {
  send: () => Promise.resolve(false),
  listen: () => ({ [Symbol.dispose]: () => {} }),
  tell: () => Promise.resolve(),
  hear: () => ({ [Symbol.dispose]: () => {} }),
};

const isSame = (one: Lease, other: Lease) => one.seq === other.seq && one.lease === other.lease;

/** The process that the store belongs to. */
export interface StoreOwner {
  /** What its consumers hold. */
  held(): readonly Lease[];
  die(why: string): void;
}

export class FaultyStore implements Store {
  /** `verify` checks the content of this store after each run. */
  readonly now = () => Date.now();
  readonly shownTime = this.now;
  /** The id under which it has joined. */
  #process: string | null = null;
  readonly #world: World;
  readonly #main: Owner;
  #writes: Write[] = [];
  /** Late settlements that were reported to its process. */
  fenced = 0;
  #closed = false;
  /** Orphans that its consumers held when it asked; jobs that they turn out to hold later it may take. */
  #heldOrphans: readonly Lease[] = [];
  readonly #owner: StoreOwner;
  /** The ids under which it has joined, or tried to. */
  readonly joined: string[] = [];
  /** How many of the writes that others are notified of are its own. */
  #ownNews = 0;

  constructor(world: World, main: Owner, owner: StoreOwner) {
    this.#world = world;
    this.#main = main;
    this.#owner = owner;
  }

  get takesCallsInOrder(): boolean {
    return !this.#world.isRemote;
  }

  readonly maxPrefetch = 512;

  insert: Store["insert"] = (jobs) => this.#write("insert", () => this.#world.disk.insert(jobs));
  claim: Store["claim"] = (requests, { setBack = null } = {}) =>
    this.#write("claim", () => {
      const { disk, isRemote, timeline } = this.#world;
      const noLeaseBelow = isRemote ? Math.ceil(timeline.now) : 0;
      return disk.claim(requests, { setBack, process: this.#process, noLeaseBelow });
    });
  renew: Store["renew"] = (leases) => this.#write("renew", () => this.#world.disk.renew(leases));
  settle: Store["settle"] = async (settlements) => {
    this.#world.book.swept(settlements.filter(isOfSweep), this.#heldOrphans);
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
  join: Store["join"] = async (process) => {
    this.joined.push(process.id);
    await this.#write("join", () => this.#world.disk.join(process));
    this.#process = process.id;
  };
  beat: Store["beat"] = () => this.#write("beat", () => this.#world.disk.beat(this.#process ?? ""));
  leave: Store["leave"] = (id) => this.#write("leave", () => this.#world.disk.leave(id));
  processes: Store["processes"] = ({ silentForMs }) =>
    this.#read(() =>
      this.#world.disk.processes(({ id, seenAt }) =>
        id !== this.#process &&
        (!this.#world.isRemote || this.#world.isKnownDead(id) || seenAt < Date.now() - silentForMs)
      )
    );
  orphans: Store["orphans"] = (request) => {
    const held = this.#owner.held();
    return this.#write("orphans", () => {
      const orphans = this.#world.disk.orphans(request);
      const others = this.#heldOrphans.filter((known) => !orphans.some((orphan) => isSame(orphan, known)));
      this.#heldOrphans = [...others, ...held.filter((one) => orphans.some((orphan) => isSame(orphan, one)))];
      return orphans;
    });
  };
  prune: Store["prune"] = (request) => this.#write("prune", () => this.#world.disk.prune(request));

  get: Store["get"] = (id) => this.#read(() => this.#world.disk.get(id));
  getMany: Store["getMany"] = (seqs) => this.#read(() => this.#world.disk.getMany(seqs));
  list: Store["list"] = (query) => this.#read(() => this.#world.disk.list(query));
  stats: Store["stats"] = (options) => this.#read(() => this.#world.disk.stats(options));
  watch: Store["watch"] = (onChange) => {
    const { disk, timeline, weather } = this.#world;
    let [heard, lost] = [disk.news - this.#ownNews, 0];
    const news = () => {
      const all = disk.news - this.#ownNews;
      if (weather.isDeaf) lost = all - heard;
      else heard = all - lost;
      return this.#closed ? null : heard;
    };
    return watchNews({ timeline, owner: this.#main, news }, onChange);
  };
  probe: Store["probe"] = () => this.#read(() => {});
  check: Store["check"] = () => Promise.resolve([]);
  dump: Store["dump"] = () => Promise.reject(new RangeError("No simulation copies a queue."));
  restore: Store["restore"] = () => Promise.reject(new RangeError("No simulation copies a queue."));
  readonly copyMark: Store["copyMark"] = {
    isSet: () => Promise.resolve(false),
    set: () => Promise.reject(new RangeError("No simulation copies a queue.")),
    remove: () => Promise.reject(new RangeError("No simulation copies a queue.")),
  };
  get capabilities(): Store["capabilities"] {
    return {
      backup: { reason: "A simulated disk cannot be copied." },
      deepCheck: { reason: "A simulated disk has no pages." },
      facts: { reason: "The processes of the simulation share jobs alone." },
      hosts: this.#world.isRemote ? MUTE_CHANNEL : { reason: "One process at a time has the disk." },
    };
  }

  /** Like SQLite's store, it first writes what waits, except claims. */
  close(): Promise<void> {
    this.#closed = true;
    for (const { verb, reject } of this.#writes) if (verb === "claim") reject(new StorageError("Closed."));
    this.#writes = this.#writes.filter(({ verb }) => verb !== "claim");
    if (this.#writes.length > 0) this.#commits();
    return Promise.resolve();
  }

  #read<T>(look: () => T): Promise<T> {
    const { random, timeline, weather, isRemote, isCalm } = this.#world;
    if (!isRemote || isCalm) return Promise.resolve().then(look);
    return new Promise((resolve, reject) =>
      timeline.after(
        random.below(300) / 100,
        this.#main,
        () => weather.isAway ? reject(passing("the server cannot be reached")) : resolve(look()),
      )
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
      answered.push(this.#commit(write, this.#world.weather.fateOf(write.verb)));
      // Nothing is acknowledged of the rest of this transaction; later writes are lost.
      if (!this.#main.alive) return;
    }
    for (const answer of answered) answer();
  }

  #waitForOthers(writes: readonly Write[]): void {
    const latest = this.#world.timeline.now - PATIENCE_MS;
    const patient = writes.filter(({ since }) => since > latest);
    for (const write of writes) if (!patient.includes(write)) write.reject(passing("the database is locked"));
    this.#writes.unshift(...patient);
    if (this.#writes.length === 0) return;
    this.#world.timeline.after(10 + this.#world.random.below(240), this.#main, () => this.#commits());
  }

  // As a server ----------------------------------------------------------------------------------------------------------

  /** Once sent, it is written even if its sender dies meanwhile. */
  #send(write: Write): void {
    this.#later(() => this.#arrive(write), this.#world.timeline.world);
  }

  #arrive(write: Write): void {
    const { weather, timeline, random, trace } = this.#world;
    if (weather.isLocked) return this.#later(() => write.reject(passing("the database is locked")));
    if (weather.isAway) return this.#later(() => write.reject(passing("the server cannot be reached")));
    if (weather.isReadOnly) return this.#later(() => write.reject(passing("the server takes no writes")));
    const fate = weather.fateOf(write.verb);
    switch (fate) {
      case "lost request":
        trace.say(this.#main.name, `${write.verb} is lost on its way`);
        return this.#later(() => write.reject(passing("the connection broke")));
      case "late effect":
        this.#later(() => write.reject(passing("the connection broke")));
        this.#world.lateEffects += 1;
        timeline.after(random.below(LATE_MS), timeline.world, () => {
          this.#world.lateEffects -= 1;
          weather.noteOdd();
          trace.say(this.#main.name, `${write.verb} takes effect late`);
          this.#commit(write);
        });
        return;
      case "late answer": {
        const ms = random.below(LATE_MS);
        weather.noteLate(ms);
        timeline.after(ms, this.#main, this.#commit(write));
        return;
      }
      default:
        this.#later(this.#commit(write, fate));
    }
  }

  /** Writes it, or not. Returns a function that settles the caller's promise. */
  #commit({ verb, work, resolve, reject }: Write, fate?: Fate): () => void {
    const { weather, book, trace, disk, isCalm } = this.#world;
    const say = (what: string) => trace.say(this.#main.name, `${verb} ${what}`);
    if (fate === "unknown error") {
      say("fails with an unknown error");
      return () => reject(new RangeError("Misfortune: an unknown error"));
    }
    if (weather.isFullFor(verb)) {
      say("does not fit on the disk");
      return () => reject(passing("the disk is full"));
    }
    const answer = work();
    book.written(verb);
    if (NEWS.includes(verb)) {
      disk.noteNews();
      this.#ownNews += 1;
    }
    const text = JSON.stringify(answer ?? null, brief);
    const isNews = !(isCalm && (verb === "renew" || text.includes('"claimed":[]')));
    if (verb !== "prune" && verb !== "beat" && text !== "[]" && isNews) say(text);
    if (fate === "crash after commit") {
      this.#owner.die("right after a commit");
      return () => {};
    }
    if (fate !== "error after commit") {
      return () => resolve(answer);
    }
    say("is written, and answered with an error");
    return () => reject(passing("the connection broke"));
  }
}
