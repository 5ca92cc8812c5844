/** Starts in places that need care: folders with unusual names, and a folder in which a system runs already. */
import assert from "node:assert/strict";
import { copyProject } from "../mutate/copy_project.ts";
import { BACKEND } from "../support/backend.ts";
import { eventually } from "../support/eventually.ts";
import { TextLineStream } from "../support/processes/text_lines.ts";
import { freePort } from "../support/processes/free_port.ts";
import { addFile, runSystem, spawnSystem } from "../support/processes/running_system.ts";
import { tempFolder } from "../support/temp_folder.ts";

for (const name of ["50%20off", "a%2Fb", "back\\slash", "what?x=1"]) {
  Deno.test(
    `a folder named ${name} can be the folder of the start`,
    { ignore: BACKEND !== "sqlite" },
    async () => {
      await using folder = await tempFolder();
      await Deno.mkdir(folder.file(name));
      await using system = await runSystem({ command: "start", folder: folder.file(name) });
      await system.until(await addFile(system, "sample.txt"), "COMPLETED");
      const child = spawnSystem({ command: "jobs list", folder: folder.file(name) });
      const { code, stdout, stderr } = await child.output();
      assert.equal(code, 0, new TextDecoder().decode(stderr));
      assert.match(new TextDecoder().decode(stdout), /sample\.txt/);
    },
  );
}

Deno.test("handlers of another project load although paths have spaces and letters beyond ASCII", async () => {
  await using folder = await tempFolder();
  const [checkout, team] = [folder.file("our prüject #1"), folder.file("the team's tëxts")];
  await Deno.mkdir(checkout);
  copyProject(checkout);
  await Deno.mkdir(`${team}/handlers`, { recursive: true });
  await Deno.writeTextFile(`${team}/deno.json`, '{ "importMap": "import map.json" }');
  await Deno.writeTextFile(`${team}/import map.json`, '{ "imports": { "#words": "./wörds.ts" } }');
  await Deno.writeTextFile(`${team}/wörds.ts`, 'export const words = "of the team";');
  await Deno.writeTextFile(
    `${team}/handlers/says.ts`,
    'import { words } from "#words"; export const handler = () => words;',
  );
  await using system = await runSystem({
    command: "start",
    main: `${checkout}/main.ts`,
    env: { HANDLERS_DIR: `${team}/handlers` },
  });
  await (await system.api("jobs", { id: "s", kind: "says" })).body?.cancel();
  assert.equal((await system.until("s", "COMPLETED")).result, "of the team");
});

Deno.test("a second start by mistake leaves the logs of the running consumers", {
  ignore: BACKEND !== "sqlite",
}, async () => {
  await using system = await runSystem();
  const logs = Array.from({ length: 60 }, () => `consumer_${crypto.randomUUID()}.log`).sort();
  const path = (name: string) => `${system.folder}/logs/${name}`;
  // The running consumers have logged nothing for long, so theirs are the oldest.
  for (const name of logs) {
    await Deno.writeTextFile(path(name), "x");
    await Deno.utime(path(name), 1_600_000_000, 1_600_000_000);
  }
  const ports = { MANAGER_PORT: String(freePort()), OPS_PORT: String(freePort()) };
  const second = spawnSystem({ command: "supervise", folder: system.folder, env: ports });
  const lines: string[] = [];
  const read = second.stderr.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream())
    .pipeTo(new WritableStream({ write: (line) => void lines.push(line) }));
  const status = second.status.then(() => lines.push("It ended."));
  await eventually("it is refused", () => lines.length > 0, { withinMs: 15_000 });
  const left = [...Deno.readDirSync(`${system.folder}/logs`)].map(({ name }) => name);
  assert.deepEqual(logs.filter((name) => !left.includes(name)), []);
  try {
    second.kill("SIGTERM");
  } catch {
    // It has ended.
  }
  await Promise.all([read, second.stdout.cancel(), status]);
});
