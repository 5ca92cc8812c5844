/** Renews leases, and writes how attempts ended. */
import { isFinished, type Lease, MOVES } from "../job.ts";
import type { Settlement } from "../ending.ts";
import { repeatMark } from "../storing/repeated_ending.ts";
import { number } from "../storing/rows.ts";
import type { Client, Row, Tx, Value } from "./client.ts";
import { foldHistories } from "./history.ts";
import { SETTLING } from "./settle_statements.ts";

export async function renew(
  client: Client,
  leases: readonly Lease[],
  time: number | null,
): Promise<boolean[]> {
  if (leases.length === 0) return [];
  const rows = await client.query(SETTLING.renew, [time, ...columnsOf(inOrder(leases))]);
  const held = new Set(rows.map((row) => `${row.seq} ${row.lease}`));
  return leases.map(({ seq, lease }) => held.has(`${seq} ${lease}`));
}

type Completion = Extract<Settlement, { verb: "complete" }>;

export function isCompletion(settlement: Settlement): settlement is Completion {
  return settlement.verb === "complete";
}

type Release = Extract<Settlement, { verb: "release" }>;

function isRelease(settlement: Settlement): settlement is Release {
  return settlement.verb === "release";
}

type Other = Exclude<Settlement, Completion | Release>;

function isOther(settlement: Settlement): settlement is Other {
  return !isCompletion(settlement) && !isRelease(settlement);
}

/** A job whose handler has not begun goes back unchanged. */
function isHandBack(settlement: Settlement): boolean {
  return isRelease(settlement) && settlement.event === null && settlement.charge === null;
}

/** The most that the completions of one statement weigh, unless it is one with a larger result. */
export const MAX_WEIGHT = 4 * 1024 * 1024;
/** What a completion costs without a result: at most 1,600 share a statement. */
const COMPLETION_BYTES = MAX_WEIGHT / 1_600;

export function weighCompletion(settlement: Settlement): number {
  return COMPLETION_BYTES + (isCompletion(settlement) ? settlement.result?.length ?? 0 : 0);
}

/**
 * All completions are one statement, unless their results are large, and so are all jobs that are handed back, and all others
 * that are released; any other ending is a statement of its own. Together they are one transaction. It begins by locking all
 * its jobs in the order of `seq`, as a bulk move does: otherwise the two could wait for each other.
 */
export async function settle(
  client: Client,
  settlements: readonly Settlement[],
  time: number | null,
): Promise<boolean[]> {
  const all = [...settlements.entries()];
  const isEachOnce = areDistinct(settlements);
  const groups = isEachOnce ? grouped(all) : all.map((one) => [one]);
  const steps = isEachOnce ? pipelined(groups) : groups.map((group) => [group]);
  const written: Written = { time, long: new Set(), held: settlements.map(() => false) };
  const work = async (tx: Tx) => {
    if (groups.length > 1) await tx.query(SETTLING.lock, [settlements.map(({ seq }) => seq)]);
    for (const step of steps) await Promise.all(step.map((group) => settleGroup(tx, group, written)));
  };
  if (groups.length === 1) await work(client);
  else if (groups.length > 1) await client.transaction(work);
  await foldHistories(client, [...written.long]);
  return written.held;
}

/** A settlement and its place among all. */
type Placed = readonly [place: number, settlement: Settlement];

function grouped(all: readonly Placed[]): Placed[][] {
  const groups = Map.groupBy(
    all,
    ([place, one]) =>
      isCompletion(one) ? "completed" : isHandBack(one) ? "not begun" : isRelease(one) ? "released" : place,
  );
  return [...groups].flatMap(([sort, group]) => sort === "completed" ? inPortions(group) : [group]);
}

/** Many large results in one statement would take longer than a statement may, and more memory than there is. */
function inPortions(completions: readonly Placed[]): Placed[][] {
  const portions: Placed[][] = [];
  let room = 0;
  for (const one of completions) {
    const weight = weighCompletion(one[1]);
    if (weight > room) {
      portions.push([]);
      room = MAX_WEIGHT;
    }
    portions.at(-1)?.push(one);
    room -= weight;
  }
  return portions;
}

/** The driver sends what is beyond its hundred statements in flight one by one. */
const PIPELINED = 50;

/**
 * Endings that have a statement each do not wait for one another's round trip: over a slow network five hundred would take
 * almost as long as a transaction may. The results of completions may be so large that only one statement is sent at a time.
 */
function pipelined(groups: readonly Placed[][]): Placed[][][] {
  const isAlone = (group: Placed[]) => group.some(([, one]) => isOther(one));
  const steps = groups.filter((group) => !isAlone(group)).map((group) => [group]);
  const alone = groups.filter(isAlone);
  for (let at = 0; at < alone.length; at += PIPELINED) steps.push(alone.slice(at, at + PIPELINED));
  return steps;
}

interface Written {
  readonly time: number | null;
  /** Jobs whose history has become long. */
  readonly long: Set<number>;
  /** Whether each lease was held, by place. */
  readonly held: boolean[];
}

async function settleGroup(
  tx: Tx,
  group: readonly Placed[],
  { time, long, held }: Written,
): Promise<void> {
  const rows = await writeAll(tx, group.map(([, settlement]) => settlement), time);
  const seqs = new Set(rows.map(({ seq }) => number(seq)));
  const repeated = await repeatedAmong(tx, group.map(([, one]) => one).filter(({ seq }) => !seqs.has(seq)));
  for (const [place, { seq }] of group) held[place] = seqs.has(seq) || repeated.has(seq);
  for (const row of rows) if (row.is_long === true) long.add(number(row.seq));
}

/** The jobs whose endings were stored earlier: a statement of its own, which sees what the other one has waited for. */
async function repeatedAmong(tx: Tx, settlements: readonly Settlement[]): Promise<Set<number>> {
  const marked = settlements.flatMap((one) => {
    const mark = repeatMark(one);
    return mark === null ? [] : [{ ...mark, seq: one.seq, lease: one.lease }];
  });
  if (marked.length === 0) return new Set();
  const rows = await tx.query(SETTLING.repeated, [
    ...columnsOf(marked),
    marked.map(({ status }) => status),
    marked.map(({ retries }) => retries),
    marked.map(({ error }) => storable(error)),
    marked.map(({ result }) => result),
    marked.map(({ line }) => line?.event ?? null),
    marked.map(({ line }) => storable(line?.detail ?? null)),
    marked.map(({ line }) => textOf(line?.ranMs)),
  ]);
  return new Set(rows.map(({ seq }) => number(seq)));
}

/** One statement for all of them: they are of the same sort, or there is only one. */
async function writeAll(tx: Tx, settlements: readonly Settlement[], time: number | null): Promise<Row[]> {
  if (settlements.every(isHandBack)) {
    return await tx.query(SETTLING.handBack, [time, ...columnsOf(inOrder(settlements))]);
  }
  if (settlements.every(isCompletion)) return await complete(tx, settlements, time);
  if (settlements.every(isRelease)) return await release(tx, settlements, time);
  const [ending] = settlements.filter(isOther);
  return ending === undefined ? [] : await write(tx, ending, time);
}

/** In the order of `seq`, in which all other statements lock rows too. */
async function complete(tx: Tx, completions: readonly Completion[], time: number | null): Promise<Row[]> {
  const sorted = inOrder(completions);
  return await tx.query(SETTLING.complete, [
    ...[time, ...columnsOf(sorted)],
    sorted.map(({ result }) => result),
  ]);
}

function inOrder<T extends Lease>(leases: readonly T[]): T[] {
  return [...leases].sort((a, b) => a.seq - b.seq);
}

async function release(tx: Tx, releases: readonly Release[], time: number | null): Promise<Row[]> {
  const sorted = inOrder(releases);
  const reports = sorted.map(({ report }) => report);
  const charges = sorted.map(({ charge }) => charge ?? RELEASED);
  return await tx.query(SETTLING.release, [
    ...[time, ...columnsOf(sorted)],
    sorted.map(({ detail }) => storable(detail)),
    reports.map((report) => textOf(report?.ranMs)),
    reports.map((report) => storable(report?.detail ?? null)),
    reports.map((report) => storable(report?.log ?? null)),
    sorted.map(({ event }) => event),
    charges.map(({ status }) => status),
    charges.map(({ crashes }) => crashes),
    charges.map(({ suspect }) => suspect === null ? null : Number(suspect)),
    charges.map(({ error }) => storable(error)),
    charges.map(({ status }) => Number(isFinished(status))),
  ]);
}

const RELEASED = { status: MOVES.release.to, crashes: null, suspect: null, error: null };

function write(tx: Tx, ending: Other, time: number | null): Promise<Row[]> {
  const { seq, lease, report } = ending;
  const line = (detail: string | null): Value[] => [
    ...[time, seq, lease, storable(detail), ending.retries],
    ...[report?.ranMs ?? null, report?.detail ?? null, report?.log ?? null].map(storable),
  ];
  switch (ending.verb) {
    case "retry": {
      const { event, delayMs, detail, error, replacesLine } = ending;
      return tx.query(SETTLING.retry, [...line(detail), event, delayMs, storable(error), replacesLine]);
    }
    case "exhaust":
    case "fail":
      return tx.query(SETTLING[ending.verb], line(ending.error));
  }
}

function textOf(ms: number | null | undefined): string | null {
  return ms === null || ms === undefined ? null : String(ms);
}

/** A text of PostgreSQL holds any character except NUL. */
function storable<T>(value: T): T | string {
  return typeof value === "string" ? value.replaceAll("\0", "\uFFFD") : value;
}

function columnsOf(leases: readonly Lease[]): [seqs: number[], leases: number[]] {
  return [leases.map(({ seq }) => seq), leases.map(({ lease }) => lease)];
}

function areDistinct(leases: readonly Lease[]): boolean {
  return new Set(leases.map(({ seq }) => seq)).size === leases.length;
}
