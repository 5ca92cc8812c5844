/** The machine and the versions that a table was measured with. */
import { cpus, totalmem } from "node:os";
import { DatabaseSync } from "node:sqlite";

export function factsOf(command: string): string[] {
  using db = new DatabaseSync(":memory:");
  const sqlite = db.prepare("SELECT sqlite_version() AS version").get()?.version;
  const [{ model } = { model: "unknown" }] = cpus();
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  return [
    `- command: \`${command}\``,
    `- machine: ${cpus().length} × ${model}, ${gigabytes} GiB, ${Deno.build.os} ${Deno.osRelease()}`,
    `- Deno ${Deno.version.deno}, SQLite ${sqlite}, \`synchronous=FULL\``,
    `- date: ${new Date().toISOString().slice(0, 10)}`,
  ];
}
