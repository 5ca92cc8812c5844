/** Files of jobs when several hosts may work on the queue: each host must see the same folder. */
import assert from "node:assert/strict";
import { readSettings } from "@persistent-queue/workers";
import { handler } from "../../workers/handlers/file.ts";
import { greetingOf } from "../../workers/reporting/greeting.ts";
import { tempFolder } from "../support/temp_folder.ts";

const SERVER = "postgres://queue@db.example.com/jobs";
const URLS = ["http://127.0.0.1:8501", "http://127.0.0.1:8502"];

Deno.test("the error for a missing file says that all hosts must share its folder, if there may be several", async () => {
  await using folder = await tempFolder();
  const job = { id: folder.file("files/a.txt"), kind: "file", payload: null, lease: 1, consumerId: "c" };
  const outcomeOn = (severalHosts: boolean) => {
    const settings = { filesDir: folder.file("files"), startDir: folder.path, workMs: 0, severalHosts };
    const context = { signal: new AbortController().signal, attempt: 1, log: () => {}, settings };
    return Promise.resolve(handler(job, context)).then(() => "done", String);
  };
  assert.equal(await outcomeOn(false), "Error: The file does not exist");
  assert.equal(
    await outcomeOn(true),
    "Error: The file does not exist on this host: FILES_DIR must be a folder that all hosts share",
  );
});

Deno.test("the start names the folder that all hosts must share, if there may be several", () => {
  const greetingWith = (env: Record<string, string>) =>
    greetingOf(readSettings({ env, dotenv: null, startDir: "/srv" }), URLS);
  assert.match(
    greetingWith({ QUEUE_URL: SERVER }),
    /^Jobs of the kind file need \/srv\/data\/files to be a folder that all hosts share\.$/m,
  );
  assert.doesNotMatch(greetingWith({}), /hosts/);
});
