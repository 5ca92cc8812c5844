import type { ClaimAnswer, Claimed, ClaimRequest } from "../store.ts";
import type { ClockSetBack } from "../policy/clock_rollback.ts";
import { number, numberOrNull, textOrNull, toClaimed } from "../sql/rows.ts";
import type { Client, Row, Tx } from "./client.ts";
import { CLAIMING } from "./statements.ts";

export interface ClaimMoment {
  /** Null: all. */
  readonly kinds: readonly string[] | null;
  readonly setBack: ClockSetBack | null;
  /** Null: the server's clock. */
  readonly time: number | null;
  /** The number of the process that claims. */
  readonly process: number | null;
}

/** One statement does it, but for a caller that wants several suspects, or whose clock was set back. */
export async function claim(
  client: Client,
  requests: readonly ClaimRequest[],
  moment: ClaimMoment,
): Promise<ClaimAnswer> {
  const parts = inParts(requests);
  const { setBack } = moment;
  const work = async (tx: Tx) => {
    if (setBack) {
      await tx.query(CLAIMING.stayDue, [setBack.to, setBack.from]);
      await tx.query(CLAIMING.waitAsLong, [setBack.to, setBack.from]);
    }
    return await claimParts(tx, parts, moment);
  };
  const { claimed, isShort } = await (parts.length > 1 || setBack ? client.transaction(work) : work(client));
  if (!isShort) return { claimed, nextRunAt: null };
  const suspects = requests.some(({ suspect }) => suspect);
  const [first] = await client.query(CLAIMING.nextRunAt, [suspects, moment.kinds]);
  return { claimed, nextRunAt: numberOrNull(first?.run_at ?? null) };
}

/** One answer for each request, in their order: what was claimed for it, and the next time if it got less. */
export async function claimEach(
  client: Client,
  requests: readonly ClaimRequest[],
  moment: ClaimMoment,
): Promise<ClaimAnswer[]> {
  // A suspect that comes first shares the statement of all others.
  const inOrder = [...requests].sort((a, b) => Number(b.suspect) - Number(a.suspect));
  const { claimed, nextRunAt } = await claim(client, inOrder, moment);
  const left = Map.groupBy(claimed, ({ consumerId, suspect }) => `${suspect} ${consumerId}`);
  return requests.map(({ consumerId, suspect, limit }) => {
    const got = left.get(`${suspect} ${consumerId}`)?.splice(0, limit) ?? [];
    return { claimed: got, nextRunAt: got.length < limit ? nextRunAt : null };
  });
}

/** The answers to several requests as the answer to all of them. */
export function together(answers: readonly ClaimAnswer[]): ClaimAnswer {
  const times = answers.map(({ nextRunAt }) => nextRunAt).filter((at) => at !== null);
  return {
    claimed: answers.flatMap(({ claimed }) => claimed),
    nextRunAt: times.length === 0 ? null : Math.min(...times),
  };
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

async function claimParts(
  tx: Tx,
  parts: readonly Part[],
  { kinds, time, process }: ClaimMoment,
): Promise<{ claimed: Claimed[]; isShort: boolean }> {
  const claimed: Claimed[] = [];
  let isShort = false;
  /** Consumers that hold a suspect. A suspect is quarantined: it runs alone. */
  const alone = new Set<string>();
  for (const part of parts) {
    const wantsSuspect = part.suspect !== null && !alone.has(part.suspect.consumerId);
    const others = part.others.filter(({ consumerId }) => !alone.has(consumerId));
    const limit = sumOf(others);
    if (!wantsSuspect && limit === 0) continue;
    const rows = await tx.query(CLAIMING.claim, [
      ...[time, kinds, process],
      others.map(({ consumerId }) => consumerId),
      others.map(({ limit }) => limit),
      ...[wantsSuspect ? part.suspect.consumerId : null, limit],
    ]);
    const found = rows.map(claimedOf);
    const suspect = wantsSuspect ? found.find(({ suspect }) => suspect) : undefined;
    if (suspect !== undefined) alone.add(suspect.consumerId);
    const wanted = sumOf(others.filter(({ consumerId }) => !alone.has(consumerId)));
    isShort ||= (wantsSuspect && (suspect === undefined || (part.suspect?.limit ?? 0) > 1)) ||
      found.length - (suspect === undefined ? 0 : 1) < wanted;
    claimed.push(...found);
  }
  return { claimed, isShort };
}

function sumOf(requests: readonly ClaimRequest[]): number {
  return requests.reduce((sum, { limit }) => sum + limit, 0);
}

function claimedOf({ seq, lease, id, kind, payload, retries, crashes, suspect, consumer_id }: Row): Claimed {
  const facts = [number(seq), number(lease), id, kind, payload, retries, crashes, suspect];
  return toClaimed(facts, textOrNull(consumer_id) ?? "");
}
