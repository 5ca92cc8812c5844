/** Takes jobs from holders that are silent or dead. */
import type { Lease } from "./job.ts";
import { chargeOf, type Policy } from "./policy.ts";
import type { RequestRecord } from "./request_record.ts";
import type { Reaped, Store } from "./store.ts";

const REAP_LIMIT = 500;
const EXCUSE = "The process died while it worked on a request, so no job is charged for that";
/** Recovery judges all orphans together, because which of them is charged depends on the others. */
const RECOVERY_LIMIT = 1_000_000;

export interface ReapOptions extends Policy {
  readonly stallMs: number;
  readonly now: () => number;
}

/** Reaps all stalled jobs, except those known to be `held`. */
export async function reapSilent(
  reap: Store["reap"],
  held: readonly Lease[],
  { stallMs, now }: ReapOptions,
): Promise<Reaped[]> {
  const detail = `No heartbeat for more than ${stallMs / 1000} s`;
  const reaped: Reaped[] = [];
  for (let full = true; full;) {
    const request = { held, detail, event: "stalled", limit: REAP_LIMIT, charge: null } as const;
    const page = await reap({ ...request, before: now() - stallMs, now: now() });
    reaped.push(...page);
    full = page.length === REAP_LIMIT;
  }
  return reaped;
}

/** Reaps all jobs of a dead process. `excuse`: why they are not charged for the death; null if they are. */
export async function reapOrphans(
  reap: Store["reap"],
  requests: RequestRecord,
  options: ReapOptions,
): Promise<{ readonly reaped: Reaped[]; readonly excuse: string | null }> {
  const excuse = requests.judge().isCharged ? null : EXCUSE;
  const reaped = await reap({
    before: Number.MAX_SAFE_INTEGER,
    held: [],
    ...(excuse === null
      ? { event: "crashed", detail: "The process died", charge: chargeOf(options) }
      : { event: "released", detail: excuse, charge: null }),
    now: options.now(),
    limit: RECOVERY_LIMIT,
  });
  if (reaped.length === 0) requests.takeBack();
  return { reaped, excuse };
}
