/**
 * The full benchmarks run rarely: this checks that they run, and that no ratio has fallen below half of the
 * committed one. It runs after all other tests, because a ratio on a busy machine says little.
 */
import assert from "node:assert/strict";

/** Another program may have used the CPU. */
const TRIES = 3;
const RESULTS = Deno.readTextFileSync(new URL("RESULTS.md", import.meta.url));

/** The ratio of the table's first row whose measure begins with `measure`. */
function committed(measure: string): number {
  const row = RESULTS.split("\n").find((line) => line.startsWith(`| ${measure}`));
  return Number(row?.split("|")[4]);
}

async function measured(only: string, jobs: string): Promise<Map<string, number | null>> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", new URL("bench.ts", import.meta.url).pathname]
      .concat(["--only", only, "--jobs", jobs, "--once", "--json"]),
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  const rows: { measure: string; ratio: number | null }[] = JSON.parse(new TextDecoder().decode(stdout));
  return new Map(rows.map(({ measure, ratio }) => [measure, ratio]));
}

for (
  const [only, measures] of Object.entries({
    drain: ["drain of"],
    adding: ["adding one by one, each", "adding in"],
  })
) {
  Deno.test(`${only} reaches at least half of the committed part of this machine's limit`, async () => {
    const found: string[] = [];
    for (let n = 0; n < TRIES; n++) {
      const ratios = [...await measured(only, "20000")];
      const collapsed = measures.filter((name) => {
        const ratio = ratios.find(([measure]) => measure.startsWith(name))?.[1] ?? 0;
        found.push(`${name}: ${ratio}, committed ${committed(name)}`);
        // Written so that NaN counts as a failure.
        return !(ratio >= committed(name) / 2);
      });
      if (collapsed.length === 0) return;
    }
    assert.fail(found.join("\n"));
  });
}

for (const part of ["crash", "posting", "size"]) {
  Deno.test(`the benchmark of ${part} still measures what it says`, async () => {
    assert.equal((await measured(part, "2000")).size, 1);
  });
}
