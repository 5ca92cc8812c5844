import type { Orphan, OrphanRequest } from "../store.ts";
import { toOrphan } from "../storing/rows.ts";
import type { Client, Value } from "./client.ts";
import { items, toRow } from "./replies.ts";

const FACTS = [
  ...["lease", "id", "kind", "consumer_id", "crashes", "suspect", "run_at", "started_at", "last_heartbeat"],
  "seq",
];

interface Asking {
  readonly time: number | "";
  /** The process that asks. */
  readonly process: string | null;
}

/**
 * Page by page, so that the server serves others in between, however many jobs a dead process held. What moves meanwhile has
 * another lease by then, or is found by the next call.
 */
export async function orphans(client: Client, request: OrphanRequest, asking: Asking): Promise<Orphan[]> {
  const which = valuesOf(request, asking);
  const found = new Map<number, Orphan>();
  for (let after: Value = ""; after !== null && found.size < request.limit;) {
    const left = request.limit - found.size;
    const [rows, end] = items(await client.run("orphans", [asking.time, left, ...which, after]));
    for (const orphan of items(rows).map((row) => toOrphan(toRow(FACTS, items(row))))) {
      found.set(orphan.seq, orphan);
    }
    after = typeof end === "string" ? end : null;
  }
  return [...found.values()].sort((a, b) => a.seq - b.seq);
}

function valuesOf(request: OrphanRequest, { process }: Asking): Value[] {
  if (!("alive" in request)) return request.process === null ? ["none"] : ["process", request.process];
  const { alive, held } = request;
  return [
    ...["silent", alive.agoMs, alive.aheadMs, process ?? ""],
    ...held.flatMap(({ seq, lease }) => [seq, lease]),
  ];
}
