/** Claims while the database refuses to give some jobs to a holder: each job alone, so that the others go on. */
import { StorageError } from "../errors.ts";
import type { ClaimAnswer, Claimed, ClaimRequest } from "../store.ts";
import { MAX_CLAIMED_BYTES } from "../storing/batches.ts";
import { AGAIN_MS, type RefusedClaims } from "../storing/refused_claims.ts";
import { number, toClaimed, toText } from "../storing/rows.ts";
import { type ClaimMoment, PriorityLevels } from "./claim.ts";
import { toWriteError } from "./faults.ts";
import type { Statements } from "./statements.ts";

/** A claim tries this many more jobs than it was asked for, because some have no handler. */
const MORE = 100;

interface Apart extends ClaimMoment {
  readonly refused: RefusedClaims;
}

interface Candidate {
  readonly seq: number;
  readonly id: string;
}

export function claimApart(
  sql: Statements,
  requests: readonly ClaimRequest[],
  apart: Apart,
): ClaimAnswer {
  const claimed: Claimed[] = [];
  /** Consumers that hold a suspect. */
  const alone = new Set<string>();
  for (const request of requests) {
    if (alone.has(request.consumerId)) continue;
    for (const job of claimEach(sql, request, apart)) {
      claimed.push(job);
      if (request.suspect) alone.add(request.consumerId);
    }
  }
  return { claimed, nextRunAt: apart.now + AGAIN_MS };
}

function* claimEach(sql: Statements, request: ClaimRequest, apart: Apart): Generator<Claimed> {
  const { consumerId, limit } = request;
  let [left, bytes] = [limit, 0];
  for (const candidate of candidatesFor(sql, request, apart)) {
    if (left === 0 || bytes >= MAX_CLAIMED_BYTES || apart.refused.isFull) return;
    const job = claimAlone(sql, candidate, { consumerId, ...apart });
    if (job === null) continue;
    left -= 1;
    bytes += job.payload.length;
    yield job;
  }
}

/** In the order of the line. */
function* candidatesFor(
  sql: Statements,
  { limit, suspect }: ClaimRequest,
  { now, refused }: Apart,
): Generator<Candidate> {
  const aside = new Set(refused.seqs);
  const most = limit + aside.size + MORE;
  const candidatesOf = (rows: readonly Record<string, unknown>[]) =>
    rows.map((row) => ({ seq: number(row.seq), id: toText(row.id) })).filter(({ seq }) => !aside.has(seq));
  if (suspect) yield* candidatesOf(sql.suspectsDue.all(now, most));
  else {
    for (const level of new PriorityLevels(sql).levels()) {
      yield* candidatesOf(sql.dueAt.all(level, now, most));
    }
  }
}

/** Null: the claim was refused, or no handler knows the kind. */
function claimAlone(
  sql: Statements,
  { seq, id }: Candidate,
  { consumerId, now, process, parking, refused }: Apart & { readonly consumerId: string },
): Claimed | null {
  sql.beginAlone.run();
  try {
    const [row] = sql.claimAlone.all(consumerId, now, process, seq);
    const job = row === undefined ? null : toClaimed(row, consumerId);
    const isKnown = job === null || parking === null || parking.isKnown(job.kind);
    if (!isKnown) parking.parkClaimed(seq);
    sql.endAlone.run();
    return isKnown ? job : null;
  } catch (error) {
    const told = toWriteError(error);
    if (told instanceof StorageError) throw error;
    refused.note(seq, id, told);
    undoAlone(sql, error);
    return null;
  }
}

/** @throws the given error if a trigger made by hand has rolled back the whole transaction */
function undoAlone(sql: Statements, error: unknown): void {
  try {
    sql.undoAlone.run();
    sql.endAlone.run();
  } catch {
    throw error;
  }
}
