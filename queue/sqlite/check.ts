/** Checks whether the database is sound. Returns a sentence for each problem. */
import type { DatabaseSync } from "node:sqlite";
import type { Statements } from "./statements.ts";

const ASLEEP = "The triggers that count jobs are asleep: the table counts_asleep has a row.";

export function check(db: DatabaseSync, sql: Statements, depth: { readonly deep: boolean }): string[] {
  return [...checkPages(db, depth), ...checkCounts(sql)];
}

/** A check that is not `deep` only omits the comparison of each index with its table. */
export function checkPages(db: DatabaseSync, { deep }: { readonly deep: boolean }): string[] {
  const rows = db.prepare(deep ? "PRAGMA integrity_check" : "PRAGMA quick_check").all();
  const words = rows.map((row) => String(Object.values(row)[0]));
  return words.filter((word) => word !== "ok").map((word) => `The database is damaged: ${oneLine(word)}.`);
}

/** SQLite may report many pages in one message of many lines. */
function oneLine(words: string): string {
  return words.replaceAll(/\s*\n\s*/g, "; ").slice(0, 300);
}

function checkCounts(sql: Statements): string[] {
  const asleep = sql.areAsleep.get() === undefined ? [] : [ASLEEP];
  const wrong = sql.wrongCounts.all().map(({ status, kept, counted }) =>
    `The count of ${status} says ${kept ?? "nothing"}, but there are ${counted ?? 0}.`
  );
  return [...asleep, ...wrong];
}

/** Runs before anything else writes through this connection. */
export function correctCounts(db: DatabaseSync, sql: Statements): void {
  if (checkCounts(sql).length === 0) return;
  db.prepare("BEGIN IMMEDIATE").run();
  try {
    countAgain(sql);
    db.prepare("COMMIT").run();
  } finally {
    if (db.isTransaction) db.prepare("ROLLBACK").run();
  }
}

/** Must run inside a transaction. */
export function countAgain(sql: Statements): void {
  sql.wakeCounts.run();
  if (sql.wrongCounts.all().length === 0) return;
  sql.forgetCounts.run();
  sql.countAgain.run();
}
