/** A team's handlers in a separate project: its imports, its packages, and what can be wrong with it. */
import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { addFile, runSystem, spawnSystem } from "../support/processes/running_system.ts";
import { startUnprivileged } from "../support/processes/unprivileged_start.ts";
import { type TempFolder, tempFolder } from "../support/temp_folder.ts";

const LOCK = new URL("../../deno.lock", import.meta.url);

/** A project with an installed package, its own module, and the queue's types imported by name. */
async function makeProject(folder: TempFolder): Promise<void> {
  const own = JSON.parse(await Deno.readTextFile(LOCK));
  const [[locked, version]] = Object.entries(own.specifiers as Record<string, string>)
    .filter(([name]) => name.startsWith("npm:preact@")) as [[string, string]];
  const packages = { [`preact@${version}`]: own.npm[`preact@${version}`] };
  const files = {
    "deno.json": `{
      // with a comment
      "imports": { "preact": "${locked}", "#lib/": "./lib/", },
    }`,
    "deno.lock": JSON.stringify({ version: own.version, specifiers: { [locked]: version }, npm: packages }),
    "lib/words.ts": 'export const words = "of the team";',
    "handlers/send-mail.ts": `
      import { h } from "preact";
      import { useState } from "preact/hooks";
      import { GiveUp } from "persistent-queue";
      import { words } from "../lib/words.ts";
      import { words as again } from "#lib/words.ts";
      export const handler = ({ payload }) => {
        if (payload === "hopeless") throw new GiveUp("hopeless");
        return [h("b", null, words).type, typeof useState, again];
      };`,
    "handlers/broken.ts": "export const handler = () => {",
  };
  for (const name of ["lib", "handlers"]) await Deno.mkdir(folder.file(name));
  for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(folder.file(name), text);
}

Deno.test("handlers of another project can import its packages and modules, the sample kind stays, and a fixed file is reloaded", async () => {
  await using project = await tempFolder();
  await makeProject(project);
  await using system = await runSystem({
    command: "supervise confined",
    env: {
      HANDLERS_DIR: project.file("handlers"),
      RETRY_DELAYS_MS: "100,100,100,100,100,100,100,100,100,100",
    },
  });
  const isTold = () =>
    system.lines.some((line) => /^Warning: The handler file broken\.ts cannot be loaded: Synt/.test(line));
  await eventually("the broken one is reported", isTold, { withinMs: 10_000 });
  const add = async (job: object) => await (await system.api("jobs", job)).body?.cancel();
  await add({ id: "m", kind: "send-mail" });
  await add({ id: "h", kind: "send-mail", payload: "hopeless" });
  await add({ id: "b", kind: "broken" });
  assert.deepEqual((await system.until("m", "COMPLETED")).result, ["b", "function", "of the team"]);
  assert.equal((await system.until("h", "FAILED")).error, "hopeless");
  await system.until(await addFile(system, "sample.txt"), "COMPLETED");
  await Deno.writeTextFile(project.file("handlers/broken.ts"), 'export const handler = () => "mended";');
  assert.equal((await system.until("b", "COMPLETED")).result, "mended");
});

Deno.test("the system of another project's handlers survives that the temporary folder is gone", async () => {
  await using project = await tempFolder();
  await makeProject(project);
  await Deno.mkdir(project.file("tmp"));
  await using system = await runSystem({
    command: "start",
    env: { HANDLERS_DIR: project.file("handlers"), TMPDIR: project.file("tmp") },
  });
  await Deno.remove(project.file("tmp"), { recursive: true });
  const first = system.supervisorPid();
  Deno.kill(first, "SIGKILL");
  const failed = () => system.lines.some((line) => /^The supervisor could not be started \(/.test(line));
  await eventually("a start has failed", failed, { withinMs: 10_000 });
  await Deno.mkdir(project.file("tmp"));
  await eventually("it runs again", () => system.supervisorPid() !== first, { withinMs: 20_000 });
});

const UNUSABLE: Record<string, { prepare?: (folder: TempFolder) => Promise<void>; says: RegExp }> = {
  "that does not exist": { says: /HANDLERS_DIR is .*handlers, which cannot be read: make the folder/ },
  "whose deno.json is broken": {
    prepare: async (folder) => {
      await Deno.mkdir(folder.file("handlers"));
      await Deno.writeTextFile(folder.file("deno.json"), '{ "imports": ');
    },
    says: /deno\.json cannot be used: .*The handlers in HANDLERS_DIR need it/,
  },
  "whose lock has another version": {
    prepare: async (folder) => {
      await Deno.mkdir(folder.file("handlers"));
      await Deno.writeTextFile(folder.file("deno.json"), "{}");
      await Deno.writeTextFile(folder.file("deno.lock"), '{ "version": "3" }');
    },
    says: /deno\.lock is a lock of version 3.*run "deno install"/,
  },
};

for (const [what, { prepare, says }] of Object.entries(UNUSABLE)) {
  Deno.test(`a folder of handlers ${what} ends the start with 78 and a sentence`, async () => {
    await using project = await tempFolder();
    await prepare?.(project);
    await using folder = await tempFolder();
    const child = spawnSystem({
      command: "supervise confined",
      folder: folder.path,
      env: { HANDLERS_DIR: project.file("handlers") },
    });
    const { code, stderr } = await child.output();
    const words = new TextDecoder().decode(stderr);
    assert.equal(code, 78, words);
    assert.match(words, says);
  });
}

Deno.test("a folder of handlers that may not be listed ends the start with 78: the guard started it again for ever", async () => {
  await using folder = await tempFolder();
  await Deno.mkdir(folder.file("handlers"));
  await Deno.chmod(folder.file("handlers"), 0o311);
  const ended = await startUnprivileged(folder.path, { HANDLERS_DIR: folder.file("handlers") });
  if (ended === null) return console.log("SKIPPED: there is no setpriv");
  assert.equal(ended.code, 78, ended.words);
  assert.match(ended.words, /HANDLERS_DIR is .*handlers, which cannot be read/);
});
