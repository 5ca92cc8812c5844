/**
 * One run: a storm of misfortunes chosen by a seed, then calm, in which everything must end. The queue, the
 * supervisor and the consumers' loops are the real ones; time, storage, threads and users are simulated.
 */
import { isFinished } from "../../../queue/job.ts";
import { verify } from "../../../queue/maintenance/verify.ts";
import { random } from "../../support/random.ts";
import { FaultyStore } from "./faulty_store.ts";
import { strike } from "./misfortunes.ts";
import type { SimulatedProcess } from "./simulated_process.ts";
import { simulatedTime } from "./simulated_time.ts";
import { leaveAll, loadedHandlers } from "./stage.ts";
import { Watchman } from "./watchman.ts";
import { World } from "./world.ts";

export interface Run {
  readonly seed: number;
  readonly events: number;
  readonly begins: number;
  readonly deaths: number;
  readonly fenced: number;
  /** How many consumers were given up because they had fallen silent. */
  readonly silences: number;
  /** How much simulated time it took, in milliseconds. */
  readonly simulatedMs: number;
  /** The same for each run of this seed. */
  readonly fingerprint: number;
}

const handlers = await loadedHandlers();
/** Longer than anything may take that began before the calm. */
const LONGEST_CALM_MS = 400_000;

/** @throws {Error} with the seed and the last events, if a guarantee of the queue is broken */
export async function simulate(seed: number, operations: number): Promise<Run> {
  const chance = random(seed);
  const world = new World(chance, handlers);
  const onUnhandled = (reason: unknown) => world.hearError(reason);
  using _time = simulatedTime(world.timeline, { random: chance, onUnhandled });
  try {
    return { seed, ...await storm(world, operations) };
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : error} (SEED=${seed})\n${world.trace}`, {
      cause: error,
    });
  } finally {
    leaveAll();
  }
}

async function storm(world: World, operations: number): Promise<Omit<Run, "seed">> {
  const { timeline, book, trace } = world;
  let events = 0;
  const step = async () => {
    events += 1;
    await timeline.step();
    if (book.broken !== null) throw book.broken;
  };
  for (let n = 0; n < world.hosts; n++) world.boot();
  new Watchman(world).watch();
  let left = operations;
  const strikeLater = () =>
    timeline.after(world.random.below(world.random.pick([20, 200, 2_000])), timeline.world, () => {
      strike(world);
      left -= 1;
      if (left > 0) strikeLater();
    });
  strikeLater();
  while (left > 0) await step();
  calmDown(world);
  const end = timeline.now + LONGEST_CALM_MS;
  while (!isDone(world)) {
    if (timeline.now > end) throw new Error(`I6: not all is done: ${leftOvers(world)}`);
    await step();
  }
  await assertAllIsWell(world);
  const { begins, fenced } = book;
  return {
    ...{ events, begins, fenced, silences: world.silences, deaths: world.deaths },
    ...{ simulatedMs: timeline.now, fingerprint: trace.fingerprint },
  };
}

function calmDown(world: World): void {
  const { timeline, weather, trace } = world;
  trace.say("world", "all is calm");
  world.isCalm = true;
  weather.clear();
  advanceClock(world);
  // Requests to a process that was paused are handled later.
  timeline.after(LONGEST_CALM_MS / 4, timeline.world, () => advanceClock(world));
}

/** If the clock was set back, delayed jobs would wait for hours. */
function advanceClock(world: World): void {
  const { timeline, disk } = world;
  const latest = Math.max(timeline.wall, ...[...disk.jobs].map(({ runAt }) => runAt));
  timeline.setClock(latest - timeline.wall);
  world.disturb();
}

function isDone({ disk, processes, hosts, lateEffects }: World): boolean {
  if (lateEffects > 0 || processes.length < hosts) return false;
  for (const { status } of disk.jobs) if (!isFinished(status)) return false;
  return processes.every((process) => process.isAtWork && isAtRest(process));
}

/** All consumers are ready, and no job is in flight. */
function isAtRest({ supervisor, dispatcher }: SimulatedProcess): boolean {
  const handles = [...dispatcher.handles.values()];
  return dispatcher.leases.length === 0 && handles.length === supervisor.view().consumers.length &&
    handles.every(({ inFlight, requested }) => inFlight.size === 0 && requested === 0);
}

function leftOvers({ disk, processes, lateEffects }: World): string {
  const jobs = [...disk.jobs].filter(({ status }) => !isFinished(status));
  const handles = processes.flatMap(({ dispatcher }) => [...dispatcher.handles.values()]);
  const hands = handles.map(({ inFlight, requested }) =>
    `${[...inFlight.values()].map(({ job }) => job.id)} ${requested}`
  );
  const leases = processes.flatMap(({ dispatcher }) => dispatcher.leases);
  return JSON.stringify({ jobs, hands, leases, processes: processes.length, lateEffects });
}

async function assertAllIsWell(world: World): Promise<void> {
  const { book, settings, processes, timeline } = world;
  const looker = new FaultyStore(world, timeline.world, { held: () => [], die: () => {} });
  const problems = await verify(looker, {
    ...{ deep: true, drained: true, ledger: book, retryLimit: settings.retryDelaysMs.length },
  });
  for (const process of processes) problems.push(...await problemsOf(process));
  if (problems.length > 0) throw new Error(problems.join("\n"));
}

async function problemsOf({ queue, store, dispatcher, threadOf }: SimulatedProcess): Promise<string[]> {
  const { fenced } = await queue.stats();
  const tickets = [...dispatcher.handles].flatMap(([id, handle]) =>
    threadOf(id)?.ticketWatch.problems(handle) ?? []
  );
  if (fenced === store.fenced) return tickets;
  return [...tickets, `I11: ${store.fenced} late writes were dropped, ${fenced} counted`];
}
