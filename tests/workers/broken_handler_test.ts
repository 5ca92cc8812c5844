/** A handler that cannot be loaded, in a running system: its jobs wait, and run once it is mended. */
import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { handlerFolder } from "../support/processes/handler_folder.ts";
import { runSystem } from "../support/processes/running_system.ts";

const SOUND = "export const handler = ({ payload }) => payload;";

Deno.test("jobs whose handler was broken by a deployment lose no retries, and run once it is mended", async () => {
  const broken = {
    syntax: "export const handler = () => {",
    nothing: "export const run = () => 1;",
    endless: "await new Promise(() => {}); export const handler = () => 1;",
  };
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
  for (const kind of kinds) {
    const words = `– jobs of kind ${kind} wait`;
    await eventually(`there is a warning: ${words}`, async () => (await warnings()).includes(words));
  }

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

Deno.test("jobs whose handler breaks while the system runs lose no retries, those between two attempts neither", async () => {
  const flaky = "export const handler = () => { throw new Error('not yet'); };";
  await using handlers = await handlerFolder({ flaky, sound: SOUND });
  const env = { HANDLERS_DIR: handlers.path, CONSUMERS: "1", RETRY_DELAYS_MS: "1000,60000" };
  await using system = await runSystem({ command: "supervise", env });
  await system.healthy();
  // No thread has loaded it yet.
  await Deno.writeTextFile(handlers.file("flaky.ts"), "export const handler = () => {");
  for (const id of ["one", "two"]) await (await system.api("jobs", { id, kind: "flaky" })).text();
  await eventually("both wait", async () => {
    const jobs = await Promise.all([system.job("one"), system.job("two")]);
    return jobs.every(({ status, retries }) => status === "PENDING" && retries === 0);
  });
  const { warnings } = await (await system.api("stats")).json();
  assert.match(String(warnings), /flaky\.ts cannot be loaded: .* – jobs of kind flaky wait/);
  await Deno.writeTextFile(handlers.file("flaky.ts"), SOUND);
  for (const id of ["one", "two"]) {
    const { retries } = await system.until(id, "COMPLETED", 20_000);
    assert.equal(retries, 0);
  }
});
