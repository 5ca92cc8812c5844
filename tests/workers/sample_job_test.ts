import assert from "node:assert/strict";
import { handler } from "../../workers/handlers/file.ts";
import { tempFolder } from "../support/temp_folder.ts";

const HOUR_MS = 3_600_000;
/** Longer than the pause between two looks at the file, so that the handler reads the clock again. */
const WORK_MS = 600;

Deno.test("a sample job ends in its time although the clock is set back meanwhile", async () => {
  await using folder = await tempFolder();
  const path = folder.file("a.txt");
  Deno.writeTextFileSync(path, "");
  const { now } = Date;
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new Error("It works on")), 10 * WORK_MS);
  const settings = { filesDir: folder.path, startDir: folder.path, workMs: WORK_MS, severalHosts: false };
  try {
    const work = handler(
      { id: path, kind: "file", payload: null, lease: 1, consumerId: "c" },
      { signal: controller.signal, attempt: 1, log: () => {}, settings },
    );
    Date.now = () => now() - HOUR_MS;
    await work;
  } finally {
    Date.now = now;
    clearTimeout(timer);
  }
  assert.match(Deno.readTextFileSync(path), /stamped by c, lease 1/);
});
