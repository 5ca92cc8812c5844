/** Finds the jobs of silent consumers, or of a dead process. */
import type { Orphan, OrphanRequest } from "../store.ts";
import { toOrphan } from "../storing/rows.ts";
import type { Client, Value } from "./client.ts";
import { items, toRow } from "./replies.ts";
import { RECONNECT_MS } from "./session.ts";

const FACTS = [
  ...["lease", "id", "kind", "consumer_id", "crashes", "suspect", "run_at", "started_at", "last_heartbeat"],
  "seq",
];

interface Caller {
  readonly time: number | "";
  /** The calling process. */
  readonly process: string | null;
}

/**
 * Reads page by page, so that the server can serve others in between, however many jobs a dead process held. A job that moves
 * meanwhile has another lease by then, or is found by the next call.
 */
export async function orphans(client: Client, request: OrphanRequest, caller: Caller): Promise<Orphan[]> {
  const which = valuesOf(request, caller);
  const found = new Map<number, Orphan>();
  for (let after: Value = ""; after !== null && found.size < request.limit;) {
    const left = request.limit - found.size;
    const [rows, end] = items(await client.run("orphans", [caller.time, left, ...which, after]));
    for (const orphan of items(rows).map((row) => toOrphan(toRow(FACTS, items(row))))) {
      found.set(orphan.seq, orphan);
    }
    after = typeof end === "string" ? end : null;
  }
  return [...found.values()].sort((a, b) => a.seq - b.seq);
}

function valuesOf(request: OrphanRequest, { process }: Caller): Value[] {
  if (!("alive" in request)) return request.process === null ? ["none"] : ["process", request.process];
  const { alive, held } = request;
  return [
    ...["silent", alive.agoMs, alive.aheadMs, process ?? "", RECONNECT_MS],
    ...held.flatMap(({ seq, lease }) => [seq, lease]),
  ];
}
