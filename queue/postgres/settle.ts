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
  const inOrder = [...leases].sort((a, b) => a.seq - b.seq);
  const rows = await client.query(SETTLING.renew, [time, ...columnsOf(inOrder)]);
  const held = new Set(rows.map((row) => `${row.seq} ${row.lease}`));
  return leases.map(({ seq, lease }) => held.has(`${seq} ${lease}`));
}

type Completion = Extract<Settlement, { verb: "complete" }>;

export function isCompletion(settlement: Settlement): settlement is Completion {
  return settlement.verb === "complete";
}

/** Completions are one statement for many; any other ending is one statement, and all of them are one transaction. */
export async function settle(
  client: Client,
  settlements: readonly Settlement[],
  time: number | null,
): Promise<boolean[]> {
  if (settlements.length === 0) return [];
  const completions = settlements.filter(isCompletion);
  const isPlain = completions.length === settlements.length && areDistinct(completions);
  if (isPlain) return await complete(client, completions, time);
  const long = new Set<number>();
  const work = async (tx: Tx) => {
    const held: boolean[] = [];
    for (const settlement of settlements) held.push(await settleOne(tx, settlement, { time, long }));
    return held;
  };
  const held = await (settlements.length === 1 ? work(client) : client.transaction(work));
  await foldHistories(client, [...long]);
  return held;
}

/** In the order of `seq`, in which every other statement locks rows too. */
async function complete(tx: Tx, completions: readonly Completion[], time: number | null): Promise<boolean[]> {
  const inOrder = [...completions].sort((a, b) => a.seq - b.seq);
  const rows = await tx.query(SETTLING.complete, [
    ...[time, ...columnsOf(inOrder)],
    inOrder.map(({ result }) => result),
  ]);
  const held = new Set(rows.map((row) => number(row.seq)));
  return completions.map(({ seq }) => held.has(seq));
}

interface Written {
  readonly time: number | null;
  /** Jobs whose history has become long. */
  readonly long: Set<number>;
}

async function settleOne(tx: Tx, ending: Settlement, { time, long }: Written): Promise<boolean> {
  if (ending.verb === "complete") return (await complete(tx, [ending], time))[0] ?? false;
  const [row] = await write(tx, ending, time);
  if (row?.is_long === true) long.add(ending.seq);
  return row !== undefined;
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
