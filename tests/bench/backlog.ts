/** Very many jobs wait while ten consumers drain them: what that costs, and how it affects readers of the pages. */
import { type BenchSystem, openBenchSystem } from "./bench_system.ts";
import { drainFrom, warmUp } from "./drain.ts";
import type { Readers } from "./page_client.ts";
import { type ServedPages, servePages, whileRead } from "./served_pages.ts";
import { quantile } from "./quantile.ts";
import { openRawStore } from "./raw_store.ts";
import type { BenchOptions, Row } from "./row.ts";
import { tempFolder } from "../support/temp_folder.ts";

const CLAIMS = 2_000;
const STREAMS = 20;
const WARM_UP = 5_000;

export async function backlog({ jobs, backlog, large }: BenchOptions): Promise<Row[]> {
  const without = await drainOfFew(jobs);
  await using folder = await tempFolder();
  const database = folder.file("queue.db");
  await large.copyTo(database);
  const claims = await claimMs(database);
  await large.copyTo(database);
  const waiting = backlog.toLocaleString("en");
  return [
    {
      measure: `claim and start of one, ${waiting} jobs waiting, p99`,
      ...{ figure: quantile(claims, 0.99), unit: "ms", limit: null, goal: { atMost: 1 } },
    },
    ...await drainOfMany({ database, waiting, without, jobs, backlog }),
  ];
}

/** One job each time, without a commit: the time to find it among all waiting jobs. */
async function claimMs(path: string): Promise<number[]> {
  await using raw = await openRawStore(path);
  const values: number[] = [];
  for (let i = 0; i < CLAIMS; i++) {
    const since = performance.now();
    raw.transact(() => {
      raw.sql.claimOne.all("bench", Date.now(), 0, null);
      values.push(performance.now() - since);
    });
  }
  return values;
}

async function drainOfFew(jobs: number): Promise<number> {
  await using system = await openBenchSystem();
  await warmUp(system);
  return await drainFrom(system, jobs);
}

interface Many {
  readonly database: string;
  readonly waiting: string;
  /** Jobs per second when no other jobs wait. */
  readonly without: number;
  readonly jobs: number;
  readonly backlog: number;
}

/** Measured alone and with readers in turn, so that a machine that slows down meanwhile affects both. */
async function drainOfMany({ database, waiting, without, jobs, backlog }: Many): Promise<Row[]> {
  await using system = await openBenchSystem({ database });
  await using pages = await servePages(system);
  await system.untilCompleted(WARM_UP);
  const part = Math.min(jobs, Math.floor((backlog - WARM_UP) / 8));
  const undisturbed = [await rateOver(system, part)];
  const readers = await readersOf(pages, system);
  // Warms the pages up: the first requests of each kind are slow.
  await whileRead(readers, () => rateOver(system, Math.ceil(part / 10)));
  for (const took of Object.values(pages.serverMs)) took.clear();
  // Three times as long: a p99 needs many responses.
  const read = await whileRead(readers, () => rateOver(system, 3 * part));
  undisturbed.push(await rateOver(system, part));
  const listened = await whileRead(listenersOf(pages), () => rateOver(system, part));
  undisturbed.push(await rateOver(system, part));
  const figure = undisturbed.reduce((sum, rate) => sum + rate, 0) / undisturbed.length;
  return [
    {
      measure: `drain with ${waiting} jobs waiting, vs. one of ${jobs.toLocaleString("en")}`,
      ...{ figure, unit: "/s", limit: without, goal: { ratio: 0.8 } },
    },
    {
      measure: `the same with ${STREAMS} open event streams, vs. without`,
      ...{ figure: listened.result, unit: "/s", limit: figure, goal: { ratio: 0.9 } },
    },
    {
      measure: "the same while one reader pages through the list, vs. without",
      ...{ figure: read.result, unit: "/s", limit: figure, goal: { ratio: 0.85 } },
    },
    ...Object.entries(readers.pages).map(([name, url]) => serverRow(name, answersOf(pages, url))),
    ...readerRows(Object.values(read.took).flat()),
  ];
}

function answersOf({ manager, serverMs }: ServedPages, url: string): readonly number[] {
  const { origin, pathname, search } = new URL(url);
  return serverMs[origin === manager ? "manager" : "ops"].get(pathname + search) ?? [];
}

function serverRow(name: string, values: readonly number[]): Row {
  return {
    measure: `${name} meanwhile, server time, p99 of ${values.length}`,
    ...{ figure: quantile(values, 0.99), unit: "ms", limit: null, goal: { atMost: 50 } },
  };
}

/** The whole time of a request: the reader also shares two processors with ten consumers. */
function readerRows(values: readonly number[]): Row[] {
  return [0.5, 0.99].map((part) => ({
    measure: `a page meanwhile, as the client sees it, p${part * 100} of ${values.length}`,
    ...{ figure: quantile(values, part), unit: "ms", limit: null },
  }));
}

/** Jobs per second over the next `jobs` jobs. */
async function rateOver(system: BenchSystem, jobs: number): Promise<number> {
  const [before, since] = [system.completed(), performance.now()];
  await system.untilCompleted(before + jobs);
  return (system.completed() - before) / (performance.now() - since) * 1000;
}

function listenersOf({ ops, cookie }: ServedPages): Readers {
  return { pages: {}, cookie, streams: new Array<string>(STREAMS).fill(`${ops}/events`) };
}

async function readersOf({ manager, ops, cookie }: ServedPages, { queue }: BenchSystem): Promise<Readers> {
  const { jobs: [job] } = await queue.list({ limit: 1 });
  const pages = {
    "Manager, the list,": `${manager}/`,
    "Manager, a filter,": `${manager}/?status=COMPLETED`,
    "Manager, a search,": `${manager}/?q=abc`,
    "Manager, a job,": `${manager}/job?id=${encodeURIComponent(job?.id ?? "")}`,
    "Ops": `${ops}/`,
  };
  return { pages, cookie, streams: [] };
}
