/** The pages' scripts are committed, so that a start needs no build: they must equal the bundle of their sources. */
import assert from "node:assert/strict";
import { tempFolder } from "../support/temp_folder.ts";

const ROOT = new URL("../../", import.meta.url);

for (const page of ["manager", "ops"]) {
  Deno.test(`ui/static/${page}.js is the bundle of ui/client/${page}.tsx: if not, run "deno task build"`, async () => {
    await using folder = await tempFolder();
    const output = folder.file(`${page}.js`);
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["bundle", "--platform", "browser", "--minify", "-o", output, `ui/client/${page}.tsx`],
      cwd: ROOT,
      stdout: "null",
      stderr: "piped",
    }).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    const committed = await Deno.readTextFile(new URL(`ui/static/${page}.js`, ROOT));
    assert.ok(
      await Deno.readTextFile(output) === committed,
      `ui/static/${page}.js is old: run "deno task build"`,
    );
  });
}
