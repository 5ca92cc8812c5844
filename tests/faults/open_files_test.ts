import assert from "node:assert/strict";
import { tempFolder } from "../support/temp_folder.ts";

const MACHINE = new URL("../../workers/process/machine.ts", import.meta.url).href;

Deno.test("more consumers than the limit of open files allows are refused, with the number that fits", async () => {
  await using folder = await tempFolder();
  const code = `import { assertEnoughFiles } from "${MACHINE}";
    assertEnoughFiles({ consumers: 10, logDir: "." });
    try { assertEnoughFiles({ consumers: 200, logDir: "." }); } catch (error) { console.log(error.problems[0]); }
    console.log([...Deno.readDirSync(".")].length);`;
  await Deno.writeTextFile(folder.file("try.ts"), code);
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", 'ulimit -n 300; exec "$0" "$@"', Deno.execPath(), "run", "-A", "--no-check", "--config"]
      .concat(
        new URL("../../deno.json", import.meta.url).pathname,
        folder.file("try.ts"),
      ),
    cwd: folder.path,
  }).output();
  const [problem = "", left] = new TextDecoder().decode(stdout).split("\n");
  assert.match(problem, /^CONSUMERS is 200, .* may open \d+: raise the limit .* or set CONSUMERS=\d+$/);
  assert.equal(left, "1");
});

for (const [fate, lastsMs] of [["ended", 0], ["goes on", 60_000]] as const) {
  Deno.test(`a job that took all open files and ${fate} leaves the system reachable, and the next job completes`, async () => {
    const system = new URL("./open_files/leaking_system.ts", import.meta.url).pathname;
    const { stdout, stderr } = await new Deno.Command("sh", {
      args: ["-c", 'ulimit -n 300; exec "$0" "$@"', Deno.execPath(), "run", "-A", "--no-check", "--config"]
        .concat(new URL("../../deno.json", import.meta.url).pathname, system, String(lastsMs)),
    }).output();
    const told = new TextDecoder().decode(stdout).trim();
    assert.ok(told.startsWith("{"), new TextDecoder().decode(stderr));
    const { leak, ...others } = JSON.parse(told);
    assert.deepEqual(others, { crashes: 0, told: 1 });
    if (lastsMs === 0) assert.equal(leak, "COMPLETED");
  });
}
