/** Reads the jobs whose holder is silent or dead. */
import type { Orphan, OrphanRequest } from "../store.ts";
import { number, numberOrNull, textOrNull, toText } from "./rows.ts";
import type { Statements } from "./statements.ts";

/** A span that no heartbeat is in. */
const NONE = { from: 1, to: 0 };

export function orphans(sql: Statements, { alive, held, limit }: OrphanRequest): Orphan[] {
  const { from, to } = alive ?? NONE;
  const leases = JSON.stringify(held.map(({ seq, lease }) => `${seq}:${lease}`));
  return sql.orphans.all(from, to, leases, limit).map(toOrphan);
}

function toOrphan(row: Record<string, unknown>): Orphan {
  return {
    seq: number(row.seq),
    lease: number(row.lease),
    id: toText(row.id),
    kind: toText(row.kind),
    consumerId: textOrNull(row.consumer_id),
    crashes: number(row.crashes),
    suspect: row.suspect === 1,
    runAt: number(row.run_at),
    startedAt: numberOrNull(row.started_at),
    lastHeartbeat: numberOrNull(row.last_heartbeat),
  };
}
