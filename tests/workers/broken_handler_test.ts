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

Deno.test("jobs lose no retries if what their handler imports breaks while the system runs, and run once it is mended", async () => {
  const importing = 'import { word } from "./lib/word.ts"; export const handler = () => word;';
  await using handlers = await handlerFolder({ importing, sound: SOUND });
  await Deno.mkdir(handlers.file("lib"));
  await Deno.writeTextFile(handlers.file("lib/word.ts"), 'export const word = "early";');
  const env = { HANDLERS_DIR: handlers.path, CONSUMERS: "1" };
  await using system = await runSystem({ command: "supervise", env });
  await system.healthy();
  // No consumer has loaded it yet.
  await Deno.writeTextFile(
    handlers.file("lib/word.ts"),
    'throw new Error("no dictionary"); export const word = "";',
  );
  const ids = ["one", "two"];
  for (const id of ids) await (await system.api("jobs", { id, kind: "importing" })).text();
  await eventually("both wait, and the system says why", async () => {
    const jobs = await Promise.all(ids.map((id) => system.job(id)));
    const { warnings } = await (await system.api("stats")).json();
    return jobs.every(({ status, retries }) => status === "PENDING" && retries === 0) &&
      /importing\.ts cannot be loaded: .* – jobs of kind importing wait/.test(String(warnings));
  });
  await Deno.writeTextFile(handlers.file("lib/word.ts"), 'export const word = "mended";');
  for (const id of ids) {
    const { retries, result } = await system.until(id, "COMPLETED", 20_000);
    assert.deepEqual([retries, result], [0, "mended"]);
  }
});
