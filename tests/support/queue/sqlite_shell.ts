/** Edits a database as a person does: with the `sqlite3` command, or with a separate connection if there is none. */
import { DatabaseSync } from "node:sqlite";

const PATIENCE_MS = 5_000;

/** Runs statements on the database at `path`. Returns what the last one prints, columns separated by `|`. */
export async function sqliteShell(path: string, sql: string): Promise<string> {
  try {
    return await withCommand(path, sql);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return withConnection(path, sql);
    throw error;
  }
}

async function withCommand(path: string, sql: string): Promise<string> {
  const args = ["-cmd", `.timeout ${PATIENCE_MS}`, path, sql];
  const { success, stdout, stderr } = await new Deno.Command("sqlite3", { args }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr).trim());
  return new TextDecoder().decode(stdout).trim();
}

function withConnection(path: string, sql: string): string {
  const db = new DatabaseSync(path);
  try {
    db.exec(`PRAGMA busy_timeout = ${PATIENCE_MS}`);
    if (!/^\s*select/i.test(sql)) {
      db.exec(sql);
      return "";
    }
    return db.prepare(sql).all().map((row) => Object.values(row).join("|")).join("\n");
  } finally {
    db.close();
  }
}
