import assert from "node:assert/strict";
import { tempFolder } from "../support/temp_folder.ts";

const MACHINE = new URL("../../workers/process/machine.ts", import.meta.url).href;

Deno.test("more consumers than there are open files for are refused with the number there is room for", async () => {
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
