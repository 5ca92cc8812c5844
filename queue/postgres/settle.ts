import { isFinished, type Lease, MOVES } from "../job.ts";
import type { Settlement } from "../store.ts";
import { number } from "../storing/rows.ts";
import type { Client, Row, Tx, Value } from "./client.ts";
import { foldHistories } from "./history.ts";
import { SETTLING } from "./statements.ts";

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

/** A job that its consumer has not begun goes back as it came. */
function isHandBack(settlement: Settlement): boolean {
  return settlement.verb === "release" && settlement.event === null && settlement.charge === null;
}

/**
 * Completions are one statement for many, and so are jobs that were not begun; any other ending is a statement of its own.
 * All of them are one transaction.
 */
export async function settle(
  client: Client,
  settlements: readonly Settlement[],
  time: number | null,
): Promise<boolean[]> {
  const all = [...settlements.entries()];
  const groups = areDistinct(settlements) ? grouped(all) : all.map((one) => [one]);
  const written: Written = { time, long: new Set(), held: settlements.map(() => false) };
  const work = async (tx: Tx) => {
    for (const group of groups) await settleGroup(tx, group, written);
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
    ([place, one]) => isCompletion(one) ? "completed" : isHandBack(one) ? "not begun" : place,
  );
  return [...groups.values()];
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
  const settlements = group.map(([, settlement]) => settlement);
  const [first] = settlements;
  const rows = settlements.every(isCompletion)
    ? await complete(tx, settlements, time)
    : settlements.length === 1 && first !== undefined && !isCompletion(first)
    ? await write(tx, first, time)
    : await tx.query(SETTLING.handBack, [time, ...columnsOf(inOrder(settlements))]);
  const seqs = new Set(rows.map(({ seq }) => number(seq)));
  for (const [place, { seq }] of group) held[place] = seqs.has(seq);
  for (const row of rows) if (row.is_long === true) long.add(number(row.seq));
}

/** In the order of `seq`, in which every other statement locks rows too. */
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

function write(
  tx: Tx,
  ending: Exclude<Settlement, Completion>,
  time: number | null,
): Promise<Row[]> {
  const { seq, lease, report } = ending;
  const line = (detail: string | null, retries: number | null): Value[] => [
    ...[time, seq, lease, detail, retries],
    ...[report?.ranMs ?? null, report?.detail ?? null, report?.log ?? null].map(storable),
  ];
  switch (ending.verb) {
    case "retry": {
      const { event, retries, delayMs, detail, error, replacesLine } = ending;
      const more = [event, delayMs, storable(error), replacesLine];
      return tx.query(SETTLING.retry, [...line(storable(detail), retries), ...more]);
    }
    case "exhaust":
    case "fail":
      return tx.query(SETTLING[ending.verb], line(storable(ending.error), ending.retries));
    case "release": {
      const { event, detail, charge } = ending;
      const { status, crashes, suspect, error } = charge ?? RELEASED;
      return tx.query(SETTLING.release, [
        ...line(storable(detail), null),
        ...[
          event,
          status,
          crashes,
          suspect === null ? null : Number(suspect),
          storable(error),
          isFinished(status),
        ],
      ]);
    }
  }
}

const RELEASED = { status: MOVES.release.to, crashes: null, suspect: null, error: null };

/** A text holds every character but this one. */
function storable<T>(value: T): T | string {
  return typeof value === "string" ? value.replaceAll("\0", "\uFFFD") : value;
}

function columnsOf(leases: readonly Lease[]): [seqs: number[], leases: number[]] {
  return [leases.map(({ seq }) => seq), leases.map(({ lease }) => lease)];
}

function areDistinct(leases: readonly Lease[]): boolean {
  return new Set(leases.map(({ seq }) => seq)).size === leases.length;
}
