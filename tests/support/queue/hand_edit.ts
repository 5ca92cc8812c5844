/** Edits a queue as a person does: with the `sqlite3` command, or with statements on PostgreSQL. */
import postgres from "postgres";
import { sqliteShell } from "./sqlite_shell.ts";

/**
 * Runs statements on the queue at this URL. Returns the result of the last one, columns separated by `|`.
 * @throws the database's error for a statement that it refuses
 */
export async function editByHand(queueUrl: string, sql: string): Promise<string> {
  const url = new URL(queueUrl);
  if (url.protocol === "sqlite:") return await sqliteShell(queueUrl.slice("sqlite:".length), sql);
  if (url.protocol === "postgres:") return await inSchema(url, sql);
  throw new Error("Redis is not meant for edits by hand: such a test is an editTest.");
}

async function inSchema(url: URL, sql: string): Promise<string> {
  const search_path = url.searchParams.get("schema") ?? "";
  const { href } = new URL(url.pathname, url);
  const db = postgres(href, { max: 1, max_lifetime: null, onnotice() {}, connection: { search_path } });
  try {
    const found = await db.unsafe(sql);
    // Several statements return several results.
    const last = Array.isArray(found.at(-1)) ? found.at(-1) : found;
    return Array.from(last ?? [], (row) => Object.values(row).join("|")).join("\n");
  } finally {
    await db.end({ timeout: 1 });
  }
}
