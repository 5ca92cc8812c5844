/** What happens to the system from outside: work, users, other programs, clocks, storage and death. */
import { QueueError } from "../../../queue/errors.ts";
import { type Lease, type OperatorVerb, STATUSES } from "../../../queue/job.ts";
import type { JobRequest } from "../../../queue/roles.ts";
import { PARTS } from "./acting.ts";
import type { WriteVerb } from "./auditor.ts";
import { type Fate, FATES } from "./fates.ts";
import type { SimulatedProcess } from "./simulated_process.ts";
import type { SimulatedThread } from "./simulated_thread.ts";
import { KINDS } from "./stage.ts";
import type { World } from "./world.ts";

type Misfortune = (world: World) => void;

const MAX_IDS = 60;
const VERBS: readonly WriteVerb[] = [
  "insert",
  "claim",
  "claim",
  "renew",
  "settle",
  "settle",
  "move",
  "orphans",
];

/** Weighted by how often they happen. */
const MISFORTUNES: readonly (readonly [weight: number, misfortune: Misfortune])[] = [
  [40, (world) => add(world, { most: 4 })],
  [4, (world) => add(world, { most: 30 })],
  [14, (world) => move(world, "cancel")],
  [8, (world) => move(world, "resubmit")],
  [2, moveAll],
  [4, edit],
  [2, deleteByHand],
  [2, insertByHand],
  [3, setClock],
  [2, pauseProcess],
  [2, blockMain],
  [5, (world) => onThread(world, (thread) => void thread.crash("It crashed"))],
  [5, (world) => onThread(world, (thread) => freeze(world, thread))],
  [1, (world) => onThread(world, (thread) => void thread.end("It was ended from outside"))],
  [2, replaceConsumer],
  [1, (world) => injectFault(world, "crash")],
  [1, (world) => injectFault(world, "hang")],
  [2, (world) => killOne(world)],
  [2, stopAndStart],
  [3, (world) => weather(world, "lockedUntil")],
  [2, (world) => weather(world, "fullUntil")],
  [3, (world) => weather(world, "slowUntil")],
  [2, (world) => weather(world, "awayUntil")],
  [2, (world) => weather(world, "readOnlyUntil")],
  [2, (world) => weather(world, "deafUntil")],
  [3, failOver],
  [10, foretell],
  [2, sweepNow],
  [3, () => {}],
];

const BAG = MISFORTUNES.flatMap(([weight, misfortune]) => Array<Misfortune>(weight).fill(misfortune));

export function strike(world: World): void {
  world.random.pick(BAG)(world);
}

function someId({ random }: World): string {
  return `job ${random.below(MAX_IDS)}`;
}

function someJob(world: World): JobRequest {
  const { random, timeline } = world;
  const part = random.chance(0.02) ? "poison" : random.pick(PARTS.filter((one) => one !== "poison"));
  return {
    id: someId(world),
    kind: random.pick([KINDS[0], KINDS[0], KINDS[1]]),
    payload: { part, number: random.below(1_000_000) },
    priority: random.pick([0, 0, 0, 1, -5, 100]),
    replace: random.chance(0.6),
    ...random.chance(0.3) ? { runAt: timeline.wall + random.below(random.pick([50, 5_000])) } : {},
  };
}

function add(world: World, { most }: { most: number }): void {
  const jobs = Array.from({ length: 1 + world.random.below(most) }, () => someJob(world));
  world.ask(async ({ queue }) => {
    try {
      const added = await queue.add(jobs);
      for (const { job } of added) world.book.accepted(job);
    } catch (error) {
      if (!(error instanceof QueueError)) throw error;
    }
  });
}

function move(world: World, verb: OperatorVerb): void {
  const ids = Array.from({ length: 1 + world.random.below(3) }, () => someId(world));
  world.ask(async ({ queue, main }) => {
    const results = await queue.move(verb, ids, "a person");
    const done = results.flatMap((result) => result.ok ? [result.job] : []);
    if (verb === "cancel") { for (const job of done) world.book.canceled(job, main.name); }
    world.trace.say("person", `has ${verb} of ${done.map(({ id, lease }) => `${id}:${lease}`)} acknowledged`);
  });
}

function moveAll(world: World): void {
  world.ask(async ({ queue }) =>
    void await queue.moveAll("cancel", { status: "PENDING" }, { by: "a person" })
  );
}

// Other programs ---------------------------------------------------------------------------------------------------------

function edit(world: World): void {
  const [id, status] = [someId(world), world.random.pick(STATUSES)];
  world.trace.say("editor", `sets ${id} to ${status}`);
  world.disk.edit(id, status);
  world.book.editedByHand(id);
}

function deleteByHand(world: World): void {
  const id = someId(world);
  world.trace.say("editor", `deletes ${id}`);
  world.disk.delete(id);
  world.book.written("by hand");
}

function insertByHand(world: World): void {
  const { wall } = world.timeline;
  const job = { id: someId(world), kind: KINDS[0], payload: '{"part":"good"}', priority: 0, replace: false };
  world.disk.insertByHand({ ...job, runAt: wall });
  world.book.written("by hand");
}

// Clocks and pauses ------------------------------------------------------------------------------------------------------

function setClock(world: World): void {
  const byMs = world.random.pick([1_000, -1_000, 30_000, -30_000, 3_600_000, -3_600_000, 86_400_000]);
  world.trace.say("world", `the clock is set by ${byMs} ms`);
  world.timeline.setClock(byMs);
  world.disturb();
}

function pauseProcess(world: World): void {
  const process = world.someProcess();
  if (process === null) return;
  const ms = world.random.below(world.random.pick([300, 60_000]));
  world.trace.say("world", `${process.main.name} stands still for ${ms} ms`);
  for (const { owner } of process.threads) world.timeline.freeze(owner, ms);
  freezeMain(world, process, ms);
}

function blockMain(world: World): void {
  const process = world.someProcess();
  if (process === null) return;
  const ms = world.random.below(world.random.pick([300, 40_000]));
  world.trace.say("world", `${process.main.name} is busy for ${ms} ms`);
  freezeMain(world, process, ms);
}

function freezeMain(world: World, { main }: SimulatedProcess, ms: number): void {
  world.timeline.freeze(main, ms);
  world.disturb();
  world.timeline.after(ms, world.timeline.world, () => world.disturb());
}

// Threads and processes --------------------------------------------------------------------------------------------------

function killOne(world: World): void {
  const process = world.someProcess();
  if (process !== null) world.kill(process, "by misfortune");
}

function onThread(world: World, misfortune: (thread: SimulatedThread) => void): void {
  const threads = [...world.someProcess()?.threads ?? []];
  if (threads.length > 0) misfortune(world.random.pick(threads));
}

/** A thread falls silent, and comes back in time or as a zombie. */
function freeze({ timeline, random, trace, settings }: World, { owner }: SimulatedThread): void {
  const ms = random.below(random.pick([100, settings.stallMs, 3 * settings.stallMs]));
  trace.say(owner.name, `hangs for ${ms} ms`);
  timeline.hang(owner, ms);
}

function replaceConsumer(world: World): void {
  world.ask(({ dispatcher }) => {
    const ids = [...dispatcher.handles.keys()];
    if (ids.length > 0) dispatcher.giveUp(world.random.pick(ids), "The process ran out of open files");
    return Promise.resolve();
  });
}

function injectFault(world: World, how: "crash" | "hang"): void {
  world.ask(({ supervisor }) => {
    const { id } = world.random.pick(supervisor.view().consumers);
    if (supervisor.injectFault(id, how, "a person")) {
      world.trace.say("person", `makes consumer ${id} ${how}`);
    }
    return Promise.resolve();
  });
}

function stopAndStart(world: World): void {
  const { random, trace, timeline } = world;
  world.ask(async (process) => {
    if (!process.isAtWork) return;
    trace.say("person", `stops ${process.main.name}`);
    const [since, leases] = [timeline.now, process.dispatcher.leases];
    await process.stop(random.pick([0, 100, 5_000]));
    if (!world.processes.includes(process)) return;
    trace.say("world", `${process.main.name} has stopped`);
    if (!world.wasDisturbedSince(since)) assertNoneIsLeft(world, leases);
    world.end(process);
    timeline.after(random.below(1_000), timeline.world, () => world.boot());
  });
}

/** A clean stop leaves no lease: each job goes back or has ended. */
function assertNoneIsLeft({ disk, book }: World, leases: readonly Lease[]): void {
  for (const { id, seq, lease, status } of disk.jobs) {
    const wasHeld = leases.some((held) => held.seq === seq && held.lease === lease);
    if (wasHeld && status === "PROCESSING" && !book.wasEdited({ seq })) {
      book.blame(`A clean stop has left ${id} behind`);
    }
  }
}

function sweepNow(world: World): void {
  world.ask(async ({ supervisor, startedAt }) => {
    if (startedAt !== null) await supervisor.sweep();
  });
}

// The storage ------------------------------------------------------------------------------------------------------------

type Spell = "lockedUntil" | "fullUntil" | "slowUntil" | "awayUntil" | "readOnlyUntil" | "deafUntil";

function weather(world: World, what: Spell): void {
  const ms = world.random.below(world.random.pick([100, 3_000, 15_000]));
  world.trace.say("disk", `${what.replace("Until", "")} for ${ms} ms`);
  world.weather[what] = world.timeline.now + ms;
}

/** A replica without the last writes takes over, and the connections break. */
function failOver(world: World): void {
  if (!world.isRemote) return;
  const { random, trace, timeline, weather, disk, book } = world;
  const behindMs = random.below(random.pick([5, 100, 1_000]));
  const takeOver = disk.replica();
  timeline.after(behindMs, timeline.world, () => {
    trace.say("disk", `a replica takes over, ${behindMs} ms behind`);
    book.tookOver(takeOver);
    weather.noteOdd();
    weather.awayUntil = timeline.now + random.below(2_000);
    world.disturb();
  });
}

function foretell(world: World): void {
  const verb = world.random.pick(VERBS);
  const fate: Fate = world.random.pick(world.isRemote ? FATES.ofServer : FATES.ofFile);
  world.trace.say("disk", `the next ${verb} meets: ${fate}`);
  world.weather.foretell(verb, fate);
}
