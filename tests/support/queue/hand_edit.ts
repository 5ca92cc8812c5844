/** Edits the queue of a test as a person does: with the `sqlite3` command, or with statements on PostgreSQL. */
import postgres from "postgres";
import { BACKEND, urlFor } from "../backend.ts";
import { sqliteShell } from "./sqlite_shell.ts";

/**
 * Runs statements on the queue whose database would be at `path`. Returns what the last one finds, columns split by `|`.
 * @throws what the database says to statements that it refuses
 */
export async function editByHand(path: string, sql: string): Promise<string> {
  if (BACKEND === "sqlite") return await sqliteShell(path, sql);
  if (BACKEND === "postgres") return await inSchema(urlFor(path), sql);
  throw new Error("Redis is not meant for edits by hand: such a test is an editTest.");
}

async function inSchema(queueUrl: string, sql: string): Promise<string> {
  const url = new URL(queueUrl);
  const search_path = url.searchParams.get("schema") ?? "";
  url.search = "";
  const db = postgres(url.href, { max: 1, max_lifetime: null, onnotice() {}, connection: { search_path } });
  try {
    const found = await db.unsafe(sql);
    // Several statements have several results.
    const last = Array.isArray(found.at(-1)) ? found.at(-1) : found;
    return Array.from(last ?? [], (row) => Object.values(row).join("|")).join("\n");
  } finally {
    await db.end({ timeout: 1 });
  }
}
