/** Claims while the database refuses to give some jobs to a holder: it finds out which ones, and the others go on. */
import { RejectedWrite } from "../errors.ts";
import type { ClaimAnswer, Claimed, ClaimRequest } from "../store.ts";
import { MAX_CLAIMED_BYTES } from "../storing/batches.ts";
import { AGAIN_MS, claimDespite, type RefusedClaims } from "../storing/refused_claims.ts";
import { number, toText } from "../storing/rows.ts";
import { claim, type ClaimContext, claimedOf } from "./claim.ts";
import type { Client } from "./client.ts";
import { LINE } from "./line_statements.ts";

interface Apart extends ClaimContext {
  readonly refused: RefusedClaims;
  /** The time of the queue's clock. */
  readonly now: () => number;
}

interface Candidate {
  readonly seq: number;
  readonly id: string;
}

/** `usual`: claims in one statement, which looks past the jobs that are set aside. */
export async function claimDespiteRefusals(
  client: Client,
  usual: () => Promise<ClaimAnswer>,
  { requests, context, refused, now }: Pick<Apart, "refused" | "now"> & {
    readonly requests: readonly ClaimRequest[];
    readonly context: () => ClaimContext;
  },
): Promise<ClaimAnswer> {
  const apart = () => claimApart(client, requests, { ...context(), refused, now });
  const answer = await usual().catch((cause) => claimDespite(refused, apart, cause));
  if (answer.nextRunAt === null || refused.seqs.length === 0) return answer;
  // Jobs that are set aside are due all the time.
  return { ...answer, nextRunAt: now() + AGAIN_MS };
}

/** After the usual claim was refused: finds out which jobs are to blame. */
async function claimApart(
  client: Client,
  requests: readonly ClaimRequest[],
  apart: Apart,
): Promise<ClaimAnswer> {
  // Only moves the times by which the clock was set back.
  if (apart.setBack) await claim(client, [], apart);
  const claimed: Claimed[] = [];
  /** Consumers that hold a suspect. */
  const alone = new Set<string>();
  for (const request of requests) {
    if (alone.has(request.consumerId)) continue;
    const jobs = await claimFor(client, request, apart);
    claimed.push(...jobs);
    if (request.suspect && jobs.length > 0) alone.add(request.consumerId);
  }
  return { claimed, nextRunAt: apart.now() + AGAIN_MS };
}

/** Looks further as long as jobs are found to be refused. */
async function claimFor(client: Client, request: ClaimRequest, apart: Apart): Promise<Claimed[]> {
  const claimed: Claimed[] = [];
  for (let before = -1; before < apart.refused.seqs.length && claimed.length < request.limit;) {
    before = apart.refused.seqs.length;
    const left = { ...request, limit: request.limit - claimed.length };
    const candidates = await candidatesFor(client, left, apart);
    claimed.push(...await claimThese(client, candidates, { ...apart, ...left }));
  }
  return claimed;
}

/** In the order of the line, as many as the request asks for. */
async function candidatesFor(
  client: Client,
  { limit, suspect }: ClaimRequest,
  { time, kinds, refused }: Apart,
): Promise<Candidate[]> {
  const statement = suspect ? LINE.suspectsBeside : LINE.dueBeside;
  const rows = await client.query(statement, [time, kinds, refused.seqs, limit]);
  let bytes = 0;
  const fitting = rows.filter((row) => (bytes += number(row.payload_bytes)) < MAX_CLAIMED_BYTES);
  return (fitting.length > 0 ? fitting : rows.slice(0, 1)).map((row) => (
    { seq: number(row.seq), id: toText(row.id) }
  ));
}

/** If one of them is refused, each half is claimed by itself. Another process may have been quicker with some. */
async function claimThese(
  client: Client,
  candidates: readonly Candidate[],
  apart: Apart & ClaimRequest,
): Promise<Claimed[]> {
  const [first] = candidates;
  const { refused, consumerId, time, process } = apart;
  if (first === undefined || refused.isFull) return [];
  const seqs = candidates.map(({ seq }) => seq);
  try {
    const rows = await client.query(LINE.claimThese, [time, process, consumerId, seqs]);
    return rows.map(claimedOf).sort((a, b) => seqs.indexOf(a.seq) - seqs.indexOf(b.seq));
  } catch (error) {
    if (!(error instanceof RejectedWrite)) throw error;
    if (candidates.length === 1) {
      refused.note(first.seq, first.id, error);
      return [];
    }
  }
  const half = candidates.length >> 1;
  return [
    ...await claimThese(client, candidates.slice(0, half), apart),
    ...await claimThese(client, candidates.slice(half), apart),
  ];
}
