import type { ClaimAnswer, Claimed, ClaimRequest } from "../store.ts";
import type { ClockSetBack } from "../policy/clock_rollback.ts";
import { MOST_CLAIMED_BYTES } from "../storing/claim_bounds.ts";
import { number, numberOrNull, textOrNull, toClaimed } from "../storing/rows.ts";
import type { Client, Row, Tx } from "./client.ts";
import type { LineHeads } from "./line_heads.ts";
import { LINE } from "./line_statements.ts";
import { stayDue, waitAsLong } from "./set_back.ts";
import { CLAIMING } from "./statements.ts";

export interface ClaimMoment {
  /** Null: all. */
  readonly kinds: readonly string[] | null;
  readonly setBack: ClockSetBack | null;
  /** Null: the server's clock. */
  readonly time: number | null;
  /** The number of the process that claims. */
  readonly process: number | null;
  /** Null: the claim finds the beginning of the line itself. */
  readonly heads: LineHeads | null;
}

/**
 * One answer for each request, in their order. One statement does it, but for callers that want several suspects, or whose
 * clock was set back.
 */
export async function claim(
  client: Client,
  requests: readonly ClaimRequest[],
  moment: ClaimMoment,
): Promise<ClaimAnswer[]> {
  const parts = inParts(suspectsFirst(requests));
  const { setBack } = moment;
  if (setBack) await stayDue(client, setBack);
  const work = async (tx: Tx) => {
    if (setBack) await waitAsLong(tx, setBack);
    return await claimParts(tx, parts, moment);
  };
  const got = await (parts.length > 1 || setBack ? client.transaction(work) : work(client));
  const isForSuspects = requests.every(({ suspect }) => suspect);
  const short = [...got.short].filter(({ suspect }) => !suspect || isForSuspects);
  const more = got.isWhole || short.length === 0 ? null : await theRest(client, short, { got, moment });
  const nextRunAt = more === null && short.length > 0 ? firstRunAt(client, requests, moment) : null;
  // Who does not ask for it does not hear of its failure.
  nextRunAt?.catch(() => {});
  return requests.map((request) => ({
    claimed: [...got.claimed.get(request) ?? [], ...more?.get(request)?.claimed ?? []],
    nextRunAt: more?.get(request)?.nextRunAt ?? (short.includes(request) ? nextRunAt : null),
  }));
}

/** The line seemed to end, but jobs may come before where it was known to begin: this looks through all of it. */
async function theRest(
  client: Client,
  short: readonly ClaimRequest[],
  { got: { claimed }, moment }: { readonly got: Got; readonly moment: ClaimMoment },
): Promise<Map<ClaimRequest, ClaimAnswer>> {
  moment.heads?.forget();
  const missing = short.map((request) => {
    const { length } = claimed.get(request) ?? [];
    return { ...request, limit: request.limit - length };
  });
  const found = await claim(client, missing, moment);
  return new Map(found.flatMap((answer, i) => short[i] === undefined ? [] : [[short[i], answer]]));
}

async function firstRunAt(
  client: Client,
  requests: readonly ClaimRequest[],
  { kinds }: ClaimMoment,
): Promise<number | null> {
  const suspects = requests.some(({ suspect }) => suspect);
  const [first] = await client.query(CLAIMING.nextRunAt, [suspects, kinds]);
  return numberOrNull(first?.run_at ?? null);
}

/** A suspect that comes first shares the statement of all others, unless its consumer has asked for something before. */
function suspectsFirst(requests: readonly ClaimRequest[]): ClaimRequest[] {
  const asked = new Set<string>();
  for (const { consumerId, suspect } of requests) {
    if (suspect && asked.has(consumerId)) return [...requests];
    asked.add(consumerId);
  }
  return [...requests].sort((a, b) => Number(b.suspect) - Number(a.suspect));
}

/** The answers to several requests as the answer to all of them. */
export function together(answers: readonly ClaimAnswer[]): ClaimAnswer {
  const nextRunAt = answers.find(({ nextRunAt }) => nextRunAt !== null)?.nextRunAt ?? null;
  return { claimed: answers.flatMap(({ claimed }) => claimed), nextRunAt };
}

/** A request for a suspect, if there is one, and what is asked for after it. */
interface Part {
  readonly suspect: ClaimRequest | null;
  readonly others: readonly ClaimRequest[];
}

function inParts(requests: readonly ClaimRequest[]): Part[] {
  const parts: { suspect: ClaimRequest | null; others: ClaimRequest[] }[] = [];
  for (const request of requests) {
    const last = parts.at(-1);
    if (request.suspect) parts.push({ suspect: request, others: [] });
    else if (last === undefined) parts.push({ suspect: null, others: [request] });
    else last.others.push(request);
  }
  return parts;
}

/** What each request got, and which of them got less than they asked for. */
interface Got {
  readonly claimed: Map<ClaimRequest, Claimed[]>;
  readonly short: Set<ClaimRequest>;
  /** The whole line was looked through, or enough of it. */
  isWhole: boolean;
}

async function claimParts(tx: Tx, parts: readonly Part[], moment: ClaimMoment): Promise<Got> {
  const got: Got = { claimed: new Map(), short: new Set(), isWhole: true };
  /** Consumers that hold a suspect. A suspect is quarantined: it runs alone. */
  const alone = new Set<string>();
  for (const part of parts) {
    const suspect = part.suspect !== null && !alone.has(part.suspect.consumerId) ? part.suspect : null;
    const others = part.others.filter(({ consumerId }) => !alone.has(consumerId));
    if (suspect !== null || others.length > 0) {
      await claimPart(tx, { suspect, others }, { ...moment, alone, got });
    }
  }
  return got;
}

async function claimPart(
  tx: Tx,
  { suspect, others }: Part,
  { kinds, time, process, heads, alone, got }: ClaimMoment & {
    readonly alone: Set<string>;
    readonly got: Got;
  },
): Promise<void> {
  const values = [
    ...[time, kinds, process],
    others.map(({ consumerId }) => consumerId),
    others.map(({ limit }) => limit),
    ...[suspect?.consumerId ?? null, sumOf(others)],
  ];
  const known = heads?.known ?? null;
  const since = performance.now();
  const rows = known === null
    ? await tx.query(LINE.claim, values)
    : await tx.query(LINE.claimFrom, [...values, ...known.values]);
  const isCut = isMuch(rows);
  got.isWhole = known === null || isCut;
  if (known === null) heads?.searched(performance.now() - since, kinds);
  // Jobs that it locked and left for want of room stand before those that another process takes meanwhile.
  else if (!isCut) known.passed(rows);
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
  // In the order of the requests, as the statement gave them out.
  for (const request of others) {
    if (!alone.has(request.consumerId)) note(request, found.splice(0, request.limit));
  }
}

/** Whether the bound on payloads may have ended the claim. A UTF-16 unit is three bytes at most. */
function isMuch(rows: readonly Row[]): boolean {
  return rows.reduce((sum, { payload }) => sum + String(payload).length * 3, 0) >= MOST_CLAIMED_BYTES;
}

function sumOf(requests: readonly ClaimRequest[]): number {
  return requests.reduce((sum, { limit }) => sum + limit, 0);
}

function claimedOf({ seq, lease, id, kind, payload, retries, crashes, suspect, consumer_id }: Row): Claimed {
  const facts = [number(seq), number(lease), id, kind, payload, retries, crashes, suspect];
  return toClaimed(facts, textOrNull(consumer_id) ?? "");
}
