/** Is the database sound? Sentences about what is not. */
import type { DatabaseSync } from "node:sqlite";
import type { Statements } from "./statements.ts";

export function check(db: DatabaseSync, sql: Statements, { deep }: { deep: boolean }): string[] {
  return [...checkPages(db, deep), ...checkCounts(sql)];
}

/** `quick` leaves out only the comparison of each index with its table. */
export function checkPages(db: DatabaseSync, deep: boolean): string[] {
  const rows = db.prepare(deep ? "PRAGMA integrity_check" : "PRAGMA quick_check").all();
  const words = rows.map((row) => String(Object.values(row)[0]));
  return words.filter((word) => word !== "ok").map((word) => `The database is damaged: ${word}.`);
}

function checkCounts(sql: Statements): string[] {
  const anew = new Map(sql.countedAnew.all().map((row) => [row.status, row.n]));
  return sql.counts.all()
    .filter(({ status, n }) => (anew.get(status) ?? 0) !== n)
    .map(({ status, n }) => `The count of ${status} says ${n}, but there are ${anew.get(status) ?? 0}.`);
}
