/** A database made by `sqlite3 queue.db .dump | sqlite3 new.db`. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { getQueue } from "@persistent-queue/queue";
import { tempFolder } from "../support/temp_folder.ts";
import { sqliteTest } from "../support/backend.ts";

async function sqlite3(path: string, input: string): Promise<string | null> {
  try {
    const child = new Deno.Command("sqlite3", { args: [path], stdin: "piped", stdout: "piped" }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(input));
    await writer.close();
    return new TextDecoder().decode((await child.output()).stdout);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

sqliteTest(
  "a restored dump is recognised: all jobs are there, and the system continues with them",
  async () => {
    await using folder = await tempFolder();
    const [path, restored] = [folder.file("queue.db"), folder.file("restored.db")];
    const queue = await getQueue(`sqlite:${path}`, { role: "owner" });
    await queue.add([{ id: "a", payload: "it's\n#1" }, { id: "b" }]);
    await queue.move("cancel", ["b"], "a test");
    await queue.close();
    const dump = await sqlite3(path, ".dump\n");
    if (dump === null) return;
    await sqlite3(restored, dump);
    const again = await getQueue(`sqlite:${restored}`, { role: "owner" });
    assert.deepEqual((await again.list({})).jobs.map(({ id, status }) => [id, status]), [["b", "CANCELED"], [
      "a",
      "PENDING",
    ]]);
    assert.deepEqual(await again.check({ deep: true }), []);
    await again.add([{ id: "c" }]);
    await again.close();
  },
);

sqliteTest(
  "a database that lacks any part of the schema is another program's, and is left as it is",
  async () => {
    await using folder = await tempFolder();
    const path = folder.file("other.db");
    {
      using db = new DatabaseSync(path);
      db.exec("CREATE TABLE jobs (id TEXT)");
    }
    const before = await Deno.readFile(path);
    await assert.rejects(getQueue(`sqlite:${path}`, { role: "owner" }), /belongs to another program/);
    assert.deepEqual(await Deno.readFile(path), before);
  },
);
