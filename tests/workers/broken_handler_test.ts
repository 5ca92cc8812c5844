/** A handler that cannot be loaded, in a running system: its jobs wait, and run once it is mended. */
import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { handlerFolder } from "../support/processes/handler_folder.ts";
import { runSystem } from "../support/processes/running_system.ts";

const SOUND = "export const handler = ({ payload }) => payload;";

Deno.test("jobs whose handler was broken by a deployment lose no retries, and run once it is mended", async () => {
  const broken = { syntax: "export const handler = () => {", nothing: "export const run = () => 1;" };
  await using handlers = await handlerFolder({ ...broken, sound: SOUND });
  const env = { HANDLERS_DIR: handlers.path, CONSUMERS: "2" };
  await using system = await runSystem({ command: "supervise", env });
  await system.healthy();
  const kinds = Object.keys(broken);
  for (const kind of [...kinds, "sound"]) {
    const response = await system.api("jobs", { id: kind, kind, payload: kind });
    assert.equal(response.status, 201, await response.text());
  }
  await system.until("sound", "COMPLETED");
  for (const kind of kinds) {
    const { status, attempts } = await system.job(kind);
    assert.deepEqual([kind, status, attempts], [kind, "PENDING", []]);
  }
  const warnings = async () => String((await (await system.api("stats")).json()).warnings);
  for (const kind of kinds) assert.match(await warnings(), new RegExp(`– jobs of kind ${kind} wait`));

  assert.doesNotMatch(await warnings(), /no handler is named/);
  for (const kind of kinds) {
    await Deno.writeTextFile(handlers.file(`${kind}.ts`), SOUND);
    const { result, retries } = await system.until(kind, "COMPLETED", 20_000);
    assert.deepEqual([result, retries], [kind, 0]);
  }
  await eventually("no warning is left", async () => !/jobs of kind/.test(await warnings()));
  assert.match(
    system.lines.join("\n"),
    /^The handler file syntax\.ts can be loaded now: jobs of kind syntax run\.$/m,
  );
});
