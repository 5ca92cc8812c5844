/** Claims jobs, priority by priority, within the transaction of a turn. */
import { MOVES } from "../job.ts";
import type { ClockSetBack } from "../policy/clock_rollback.ts";
import type { ClaimAnswer, Claimed, ClaimRequest } from "../store.ts";
import { counted } from "./bulk.ts";
import type { Parking } from "./parking.ts";
import { MAX_CLAIMED_BYTES } from "../storing/batches.ts";
import { number, toClaimed } from "../storing/rows.ts";
import type { Statements } from "./statements.ts";

export interface ClaimMoment {
  readonly now: number;
  /** The number of the process that claims. */
  readonly process: number | null;
  /** Set when only some kinds are requested. */
  readonly parking: Parking | null;
}

/** One claim parks about this many jobs without a handler: a few milliseconds, however many wait. */
const MAX_PARKED = 1_000;

const [WAITING] = MOVES.claim.from;

export function claim(
  sql: Statements,
  requests: readonly ClaimRequest[],
  { now, process, parking }: ClaimMoment,
): ClaimAnswer {
  const claimed: Claimed[] = [];
  const priorities = new PriorityLevels(sql);
  const budget = new PayloadBudget(sql);
  const unhandled = new UnhandledJobs(parking);
  /** Consumers that hold a suspect. A suspect is quarantined: it runs alone. */
  const alone = new Set<string>();
  let isShort = false;
  const isForSuspects = requests.every(({ suspect }) => suspect);
  for (const request of requests) {
    // What one request does not find, no later one will: of ten idle consumers, only one looks.
    if (alone.has(request.consumerId) || (isShort && !request.suspect)) continue;
    const taken = request.suspect
      ? claimSuspect(sql, request, { unhandled, now, process })
      : claimDue(sql, request, { priorities, budget, unhandled, now, process });
    if (request.suspect && taken.length > 0) alone.add(request.consumerId);
    claimed.push(...taken);
    isShort ||= taken.length < request.limit && (!request.suspect || isForSuspects);
  }
  const suspects = requests.some(({ suspect }) => suspect);
  return { claimed, nextRunAt: isShort ? nextRunAt(sql, { suspects }) : null };
}

/** Moves times to run by the step that the clock was set back. */
export function applyClockRollback(sql: Statements, { from, to }: ClockSetBack): void {
  sql.keepDue.run(to, from);
  sql.shiftRetries.run(to, from - to);
}

/** The jobs that one claim meets but may not take, because no handler knows their kind. */
class UnhandledJobs {
  readonly #parking: Parking | null;
  #parked = 0;

  constructor(parking: Parking | null) {
    this.#parking = parking;
  }

  get isFull(): boolean {
    return this.#parked >= MAX_PARKED;
  }

  /** Parks the jobs that have no handler, and returns the others. */
  parkUnhandled(claimed: readonly Claimed[]): Claimed[] {
    const parking = this.#parking;
    if (parking === null) return [...claimed];
    return claimed.filter(({ seq, kind }) => {
      if (parking.isKnown(kind)) return true;
      parking.parkClaimed(seq);
      this.#parked += 1;
      return false;
    });
  }

  parkAhead(level: number, now: number): void {
    this.#parked += this.#parking?.parkAhead(level, now) ?? 0;
  }
}

/** The memory budget of one claim. */
class PayloadBudget {
  readonly #sql: Statements;
  #bytes = 0;

  constructor(sql: Statements) {
    this.#sql = sql;
  }

  get isSpent(): boolean {
    return this.#bytes >= MAX_CLAIMED_BYTES;
  }

  /** The leading rows whose payloads fit into the budget, with large payloads read. */
  fitting(rows: readonly unknown[][]): readonly unknown[][] {
    for (const [i, row] of rows.entries()) {
      if (this.isSpent) return rows.slice(0, i);
      row[PAYLOAD] ??= this.#sql.payloadOf.get(number(row[SEQ]))?.payload;
      this.#bytes += String(row[PAYLOAD]).length;
    }
    return rows;
  }
}

const [SEQ, PAYLOAD] = [0, 4];

/**
 * Goes through the priority levels one by one, so that delayed jobs of a high priority are never scanned on the way to
 * due jobs of a lower one: one index seek per level, however many jobs wait.
 */
function claimDue(
  sql: Statements,
  { consumerId, limit }: ClaimRequest,
  { priorities, budget, unhandled, ...moment }: {
    priorities: PriorityLevels;
    budget: PayloadBudget;
    unhandled: UnhandledJobs;
  } & Moment,
): Claimed[] {
  const isFull = () => unhandled.isFull || budget.isSpent;
  const claimed: Claimed[] = [];
  for (const level of priorities.levels()) {
    for (let areAllKnown = false; !areAllKnown && claimed.length < limit && !isFull();) {
      const left = limit - claimed.length;
      const rows = claimOfLevel(sql, level, { consumerId, budget, limit: left, ...moment });
      const known = unhandled.parkUnhandled(rows.map((row) => toClaimed(row, consumerId)));
      claimed.push(...known);
      areAllKnown = known.length === rows.length;
      if (!areAllKnown) unhandled.parkAhead(level, moment.now);
    }
    if (claimed.length >= limit || isFull()) break;
  }
  return claimed;
}

type Moment = Pick<ClaimMoment, "now" | "process">;

interface LevelRequest extends Moment {
  readonly consumerId: string;
  readonly budget: PayloadBudget;
  readonly limit: number;
}

/** Returns jobs ordered by the time at which they are due. */
function claimOfLevel(
  sql: Statements,
  level: number,
  { consumerId, budget, limit, now, process }: LevelRequest,
) {
  if (limit === 1) return sql.claimOne.all(consumerId, now, level, process);
  const due = budget.fitting(sql.due.all(level, now, limit));
  if (due.length === 0) return due;
  const seqs = JSON.stringify(due.map(([seq]) => seq));
  const move = { jobs: due.length, from: WAITING, to: MOVES.claim.to };
  const { changes } = counted(sql, move, () => sql.claim.run(consumerId, now, process, seqs));
  // A trigger added by hand may have prevented some of the updates.
  return changes === due.length ? due : due.filter((row) => isHeld(sql, row));
}

function isHeld(sql: Statements, [seq, lease]: readonly unknown[]): boolean {
  return sql.isHeld.get(number(seq), number(lease)) !== undefined;
}

function claimSuspect(
  sql: Statements,
  { consumerId }: ClaimRequest,
  { unhandled, now, process }: { unhandled: UnhandledJobs } & Moment,
): Claimed[] {
  while (!unhandled.isFull) {
    const taken = sql.claimSuspect.all(consumerId, now, process).map((row) => toClaimed(row, consumerId));
    const known = unhandled.parkUnhandled(taken);
    if (known.length > 0 || taken.length === 0) return known;
  }
  return [];
}

/** When the first waiting job becomes due; in the past if one is due already. `suspects`: also considers suspects. */
export function nextRunAt(sql: Statements, { suspects }: { suspects: boolean }): number | null {
  const times = suspects ? [sql.nextSuspect.get()?.run_at] : [];
  for (const level of new PriorityLevels(sql).levels()) {
    times.push(sql.nextOfLevel.get(level)?.run_at ?? null);
  }
  const known = times.filter((time) => typeof time === "number");
  return known.length === 0 ? null : Math.min(...known);
}

/** The priorities of waiting jobs, highest first: read as far as needed, once per transaction. */
export class PriorityLevels {
  readonly #sql: Statements;
  readonly #known: number[] = [];

  constructor(sql: Statements) {
    this.#sql = sql;
  }

  *levels(): Generator<number> {
    for (let i = 0;; i++) {
      const above = this.#known[i - 1];
      const level = this.#known[i] ??
        (above === undefined ? this.#sql.topLevel.get() : this.#sql.levelBelow.get(above))?.priority;
      if (level === undefined) return;
      yield this.#known[i] = number(level);
    }
  }
}
