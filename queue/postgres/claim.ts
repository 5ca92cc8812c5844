/** Claims jobs: one statement serves the requests of many consumers, and goes on from the known heads of the line. */
import type { ClaimAnswer, Claimed, ClaimRequest } from "../store.ts";
import type { ClockSetBack, FollowedRollbacks } from "../policy/clock_rollback.ts";
import { MAX_CLAIMED_BYTES } from "../storing/batches.ts";
import { number, numberOrNull, textOrNull, toClaimed } from "../storing/rows.ts";
import type { Client, Row, Tx } from "./client.ts";
import type { LineHeads } from "./line_heads.ts";
import { LINE } from "./line_statements.ts";
import { keepDue, shiftRetries } from "./set_back.ts";
import { CLAIMING } from "./statements.ts";

export interface ClaimContext {
  /** Null: all. */
  readonly kinds: readonly string[] | null;
  readonly setBack: ClockSetBack | null;
  /** Null: the server's clock. */
  readonly time: number | null;
  /** The number of the process that claims. */
  readonly process: number | null;
  /** Null: the claim finds the heads of the line itself. */
  readonly heads: LineHeads | null;
  /** The seqs of jobs that are set aside: see `RefusedClaims`. */
  readonly aside: readonly number[];
  readonly rollbacks: FollowedRollbacks;
}

/**
 * Returns an answer for each request, in their order. It is one statement, unless several suspects are wanted or the clock
 * was set back.
 */
export async function claim(
  client: Client,
  requests: readonly ClaimRequest[],
  context: ClaimContext,
): Promise<ClaimAnswer[]> {
  const got = await claimAtOnce(client, splitBySuspect(suspectsFirst(requests)), context);
  const wantsOnlySuspects = requests.every(({ suspect }) => suspect);
  const short = [...got.short].filter(({ suspect }) => !suspect || wantsOnlySuspects);
  const more = got.isComplete || short.length === 0
    ? null
    : await claimFromWholeLine(client, short, { got, context });
  const nextRunAt = more === null && short.length > 0 ? firstRunAt(client, requests, context) : null;
  // Handled here as well, because not every caller awaits it.
  nextRunAt?.catch(() => {});
  return requests.map((request) => ({
    claimed: [...got.claimed.get(request) ?? [], ...more?.get(request)?.claimed ?? []],
    nextRunAt: more?.get(request)?.nextRunAt ?? (short.includes(request) ? nextRunAt : null),
  }));
}

/** All parts, and what the clock rollback changes for jobs in flight, are one transaction. */
async function claimAtOnce(client: Client, parts: readonly Part[], context: ClaimContext): Promise<Got> {
  const { setBack, rollbacks } = context;
  const work = (tx: Tx) => claimParts(tx, parts, context);
  if (setBack === null) return await (parts.length > 1 ? client.transaction(work) : work(client));
  await keepDue(client, setBack);
  const { got, last } = await client.transaction(async (tx) => {
    const last = await shiftRetries(tx, setBack, rollbacks);
    return { got: await work(tx), last };
  });
  rollbacks.last = last;
  return got;
}

/** The line seemed to end, but jobs may come before its cached heads: this searches all of it. */
async function claimFromWholeLine(
  client: Client,
  short: readonly ClaimRequest[],
  { got: { claimed }, context }: { readonly got: Got; readonly context: ClaimContext },
): Promise<Map<ClaimRequest, ClaimAnswer>> {
  context.heads?.forget();
  const missing = short.map((request) => {
    const { length } = claimed.get(request) ?? [];
    return { ...request, limit: request.limit - length };
  });
  const found = await claim(client, missing, context);
  return new Map(found.flatMap((answer, i) => short[i] === undefined ? [] : [[short[i], answer]]));
}

async function firstRunAt(
  client: Client,
  requests: readonly ClaimRequest[],
  { kinds }: ClaimContext,
): Promise<number | null> {
  const suspects = requests.some(({ suspect }) => suspect);
  const [first] = await client.query(CLAIMING.nextRunAt, [suspects, kinds]);
  return numberOrNull(first?.run_at ?? null);
}

/** Puts suspects first, so that one shares the statement of all others; not if its consumer has asked for jobs before. */
function suspectsFirst(requests: readonly ClaimRequest[]): ClaimRequest[] {
  const asked = new Set<string>();
  for (const { consumerId, suspect } of requests) {
    if (suspect && asked.has(consumerId)) return [...requests];
    asked.add(consumerId);
  }
  return [...requests].sort((a, b) => Number(b.suspect) - Number(a.suspect));
}

/** Merges the answers to several requests into one. */
export function mergeAnswers(answers: readonly ClaimAnswer[]): ClaimAnswer {
  const nextRunAt = answers.find(({ nextRunAt }) => nextRunAt !== null)?.nextRunAt ?? null;
  return { claimed: answers.flatMap(({ claimed }) => claimed), nextRunAt };
}

/** A request for a suspect, if there is one, and the requests that follow it. */
interface Part {
  readonly suspect: ClaimRequest | null;
  readonly others: readonly ClaimRequest[];
}

function splitBySuspect(requests: readonly ClaimRequest[]): Part[] {
  const parts: { suspect: ClaimRequest | null; others: ClaimRequest[] }[] = [];
  for (const request of requests) {
    const last = parts.at(-1);
    if (request.suspect) parts.push({ suspect: request, others: [] });
    else if (last === undefined) parts.push({ suspect: null, others: [request] });
    else last.others.push(request);
  }
  return parts;
}

interface Got {
  readonly claimed: Map<ClaimRequest, Claimed[]>;
  /** Requests that got less than they asked for. */
  readonly short: Set<ClaimRequest>;
  /** The whole line was searched, or enough of it. */
  isComplete: boolean;
}

async function claimParts(tx: Tx, parts: readonly Part[], context: ClaimContext): Promise<Got> {
  const got: Got = { claimed: new Map(), short: new Set(), isComplete: true };
  /** Consumers that hold a suspect. A suspect is quarantined: it runs alone. */
  const alone = new Set<string>();
  for (const part of parts) {
    const suspect = part.suspect !== null && !alone.has(part.suspect.consumerId) ? part.suspect : null;
    const others = part.others.filter(({ consumerId }) => !alone.has(consumerId));
    if (suspect !== null || others.length > 0) {
      await claimPart(tx, { suspect, others }, { ...context, alone, got });
    }
  }
  return got;
}

async function claimPart(
  tx: Tx,
  { suspect, others }: Part,
  { kinds, time, process, heads, aside, alone, got }: ClaimContext & {
    readonly alone: Set<string>;
    readonly got: Got;
  },
): Promise<void> {
  const values = [
    ...[time, kinds, process],
    others.map(({ consumerId }) => consumerId),
    others.map(({ limit }) => limit),
    ...[suspect?.consumerId ?? null, totalLimit(others), aside],
  ];
  const known = heads?.knownFor(kinds) ?? null;
  const since = performance.now();
  const rows = known === null
    ? await tx.query(LINE.claim, values)
    : await tx.query(LINE.claimFrom, [...values, ...known.values]);
  const isCutShort = isAtByteLimit(rows);
  got.isComplete = known === null || isCutShort;
  if (known === null) heads?.noteSearch(performance.now() - since, kinds);
  // If it was cut short, jobs that it locked but left come before those that another process takes meanwhile.
  else if (!isCutShort) known.advance(rows);
  const found = rows.map(claimedOf);
  const note = (request: ClaimRequest, jobs: Claimed[]) => {
    got.claimed.set(request, jobs);
    if (jobs.length < request.limit) got.short.add(request);
  };
  if (suspect !== null) {
    const jobs = found[0]?.suspect ? found.splice(0, 1) : [];
    if (jobs.length > 0) alone.add(suspect.consumerId);
    note(suspect, jobs);
  }
  // In the order of the requests, in which the statement has handed them out.
  for (const request of others) {
    if (!alone.has(request.consumerId)) note(request, found.splice(0, request.limit));
  }
}

/** Whether the limit on payloads may have cut the claim short. A UTF-16 unit is three bytes at most. */
function isAtByteLimit(rows: readonly Row[]): boolean {
  return rows.reduce((sum, { payload }) => sum + String(payload).length * 3, 0) >= MAX_CLAIMED_BYTES;
}

function totalLimit(requests: readonly ClaimRequest[]): number {
  return requests.reduce((sum, { limit }) => sum + limit, 0);
}

export function claimedOf(
  { seq, lease, id, kind, payload, retries, crashes, suspect, consumer_id }: Row,
): Claimed {
  const facts = [number(seq), number(lease), id, kind, payload, retries, crashes, suspect];
  return toClaimed(facts, textOrNull(consumer_id) ?? "");
}
