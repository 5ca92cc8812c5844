/** Nobody runs the benchmarks every day, so this sees that they run at all. */
import assert from "node:assert/strict";

Deno.test("a benchmark runs, and tells a figure beside its limit", async () => {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", new URL("bench.ts", import.meta.url).pathname]
      .concat(["--only", "drain", "--jobs", "1000", "--json"]),
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  const rows: { ratio: number | null }[] = JSON.parse(new TextDecoder().decode(stdout));
  assert.ok(rows.some(({ ratio }) => ratio !== null && ratio > 0));
});
