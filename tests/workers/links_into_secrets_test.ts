/** A permission holds for the text of a path, and through a link the same file has another one. */
import assert from "node:assert/strict";
import { runSystem } from "../support/processes/running_system.ts";
import { type TempFolder, tempFolder } from "../support/temp_folder.ts";

const READER = `
import { words } from "../lib/words.ts";
export const handler = ({ payload }) => payload.map((path) => {
  try {
    return Deno.readTextFileSync(path).length > 0 && words;
  } catch (error) {
    return error.name;
  }
});`;

/** What a handler of the project `team` gets to read in a system that was started in `start`. */
async function tryToRead(
  folder: TempFolder,
  { start, handlersDir, paths }: { start: string; handlersDir: string; paths: readonly string[] },
): Promise<unknown> {
  await using system = await runSystem({
    command: "start",
    folder: folder.file(start),
    env: { HANDLERS_DIR: folder.file(handlersDir) },
  });
  const job = { id: "reads", kind: "reads", payload: paths.map((path) => folder.file(path)) };
  await (await system.api("jobs", job)).body?.cancel();
  return (await system.until("reads", "COMPLETED")).result;
}

async function makeFiles(folder: TempFolder, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const path = folder.file(name);
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(path, text);
  }
}

const TEAM = {
  "team/deno.json": "{}",
  "team/lib/words.ts": 'export const words = "read";',
  "team/handlers/reads.ts": READER,
};
const SECRET = "MANAGER_PASSWORD=a-secret-of-ours\n";
const REFUSED = "NotCapable";

Deno.test("a project that HANDLERS_DIR names through a link shows its handlers neither .env nor the database", async () => {
  await using folder = await tempFolder();
  await makeFiles(folder, { ...TEAM, "team/.env": SECRET, "team/texts/a.txt": "a" });
  await Deno.symlink("team", folder.file("link"));
  const paths = ["team/.env", "link/.env", "link/data/queue.db", "team/texts/a.txt"];
  assert.deepEqual(
    await tryToRead(folder, { start: "team", handlersDir: "link/handlers", paths }),
    [REFUSED, REFUSED, REFUSED, "read"],
  );
});

Deno.test("a link in a project of handlers opens neither .env nor the database, however many links lead there", async () => {
  await using folder = await tempFolder();
  await makeFiles(folder, { ...TEAM, "start/secrets/env": SECRET, "elsewhere/a.txt": "a" });
  await Deno.symlink("secrets/env", folder.file("start/.env"));
  await Deno.symlink("../start", folder.file("team/queue"));
  await Deno.symlink("../start/secrets", folder.file("team/secrets"));
  await Deno.symlink("../elsewhere", folder.file("team/elsewhere"));
  await Deno.symlink("../start", folder.file("elsewhere/again"));
  await Deno.mkdir(folder.file("team/harmless"));
  await Deno.symlink("../lib", folder.file("team/harmless/lib"));
  await Deno.symlink("..", folder.file("team/harmless/up"));
  const expected = {
    "team/queue/.env": REFUSED,
    "team/queue/secrets/env": REFUSED,
    "team/queue/data/queue.db": REFUSED,
    "team/secrets/env": REFUSED,
    "team/elsewhere/again/data/queue.db": REFUSED,
    "team/harmless/up/queue/data/queue.db": REFUSED,
    "team/harmless/lib/words.ts": "read",
  };
  assert.deepEqual(
    await tryToRead(folder, { start: "start", handlersDir: "team/handlers", paths: Object.keys(expected) }),
    Object.values(expected),
  );
});
