/** Claims jobs: `scripts/claim.lua` does the work, after `scripts/set_back.lua` if the clock was set back. */
import { type ClockSetBack, type FollowedRollbacks, SAME_ROLLBACK_MS } from "../policy/clock_rollback.ts";
import type { ClaimAnswer, ClaimOptions, ClaimRequest } from "../store.ts";
import { toClaimed } from "../storing/rows.ts";
import type { Client, Reply } from "./client.ts";
import { items, numberOf } from "./replies.ts";

/** One script moves at most this many times to run: a few milliseconds, however many jobs wait. */
const MAX_MOVED = 200;
/** One script looks at no more than this many jobs in flight: a millisecond or two. */
const MAX_LOOKED_AT = 500;

interface ClaimContext extends Pick<ClaimOptions, "kinds" | "setBack"> {
  readonly time: number | "";
  readonly writer: string;
  /** The process that claims. */
  readonly process: string | null;
  readonly rollbacks: FollowedRollbacks;
}

export async function claim(
  client: Client,
  requests: readonly ClaimRequest[],
  { time, writer, process, kinds, setBack = null, rollbacks }: ClaimContext,
): Promise<ClaimAnswer> {
  const last = setBack === null ? null : await followSetBack(client, setBack, rollbacks);
  const [claimed, nextRunAt] = items(
    await client.run("claim", [
      ...[time, writer, process ?? ""],
      ...kindsAsValues(kinds),
      ...requests.flatMap(({ consumerId, limit, suspect }) => [consumerId, limit, Number(suspect)]),
    ]),
  );
  // Not before: a claim that fails is repeated, and its rollback then is the same one.
  if (last !== null) rollbacks.last = last;
  return {
    claimed: items(claimed).map((row) => claimedOf(items(row))),
    nextRunAt: (nextRunAt ?? null) === null ? null : numberOf(nextRunAt),
  };
}

/** Returns the name of the rollback. Its steps can be repeated: each job is moved only once. */
async function followSetBack(
  client: Client,
  setBack: ClockSetBack,
  rollbacks: FollowedRollbacks,
): Promise<string> {
  const step = [setBack.to, setBack.from, MAX_MOVED, MAX_LOOKED_AT];
  const names = [rollbacks.nameOf(setBack), rollbacks.last ?? "", SAME_ROLLBACK_MS];
  for (let after = "";;) {
    const end = await client.run("setBack", [...step, after, ...names]);
    if (typeof end !== "string") return String(items(end)[0]);
    after = end;
  }
}

/** The number of kinds, or -1 for all, then the kinds. */
export function kindsAsValues(kinds: readonly string[] | null | undefined): (string | number)[] {
  if (kinds === null || kinds === undefined) return [-1];
  const different = [...new Set(kinds)];
  return [different.length, ...different];
}

function claimedOf([consumer, seq, lease, id, kind, payload, ...counts]: readonly Reply[]) {
  const facts = [numberOf(seq), numberOf(lease), id, kind, payload, ...counts.map(numberOf)];
  return toClaimed(facts, String(consumer));
}
