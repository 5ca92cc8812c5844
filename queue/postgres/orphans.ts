/** The jobs of dead processes. */
import type { DeadProcess } from "../store.ts";
import type { Client, Row } from "./client.ts";
import { UPKEEP } from "./statements.ts";

type Request = DeadProcess & { readonly limit: number };

/** Nothing waits for those that another session has locked: they are only marked. */
export async function orphansOfDead(client: Client, { process, limit }: Request): Promise<Row[]> {
  const rows = process === null
    ? await client.query(UPKEEP.orphansOfNone, [limit])
    : await client.query(UPKEEP.orphansOfProcess, [process, limit]);
  if (rows.length === 0) return [];
  const free = process === null
    ? await client.query(UPKEEP.freeOfNone, [])
    : await client.query(UPKEEP.freeOfProcess, [process]);
  const seqs = new Set(free.map(({ seq }) => seq));
  return rows.map((row) => ({ ...row, is_locked: !seqs.has(row.seq) }));
}
