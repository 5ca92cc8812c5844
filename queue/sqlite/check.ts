/** Is the database sound? Sentences about what is not. */
import type { DatabaseSync } from "node:sqlite";
import { number, toText } from "./rows.ts";
import type { Statements } from "./statements.ts";

export function check(db: DatabaseSync, sql: Statements, { deep }: { deep: boolean }): string[] {
  return [...checkPages(db, deep), ...checkCounts(sql)];
}

/** `quick` leaves out only the comparison of each index with its table. */
export function checkPages(db: DatabaseSync, deep: boolean): string[] {
  const rows = db.prepare(deep ? "PRAGMA integrity_check" : "PRAGMA quick_check").all();
  const words = rows.map((row) => String(Object.values(row)[0]));
  return words.filter((word) => word !== "ok").map((word) => `The database is damaged: ${oneLine(word)}.`);
}

/** SQLite tells of many pages at once, over many lines. */
function oneLine(words: string): string {
  return words.replaceAll(/\s*\n\s*/g, "; ").slice(0, 300);
}

function checkCounts(sql: Statements): string[] {
  return wrongCounts(sql).map(({ status, kept, counted }) =>
    `The count of ${status} says ${kept}, but there are ${counted}.`
  );
}

/** INSERT OR REPLACE by hand fires no trigger for what it replaces, so the counts may be wrong after a while. */
export function correctCounts(db: DatabaseSync, sql: Statements): void {
  if (wrongCounts(sql).length === 0) return;
  db.prepare("BEGIN IMMEDIATE").run();
  try {
    for (const { status, counted } of wrongCounts(sql)) sql.correctCount.run(status, counted);
    db.prepare("COMMIT").run();
  } finally {
    if (db.isTransaction) db.prepare("ROLLBACK").run();
  }
}

function wrongCounts(sql: Statements): { status: string; kept: number; counted: number }[] {
  const counted = new Map(sql.countedAnew.all().map((row) => [row.status, number(row.n)]));
  return sql.counts.all()
    .map(({ status, n }) => ({
      status: toText(status),
      kept: number(n),
      counted: counted.get(status) ?? 0,
    }))
    .filter(({ kept, counted }) => kept !== counted);
}
