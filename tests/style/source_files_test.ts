/** The style tests are only as good as their reading of the sources. */
import assert from "node:assert/strict";
import { imports, resolved, specifiers, withoutComments } from "./source_files.ts";

const QUOTE = '"';
const quoted = (text: string) => QUOTE + text + QUOTE;

Deno.test("every import of another file is found, and none in a comment", () => {
  const text = [
    `import a, { b } from ${quoted("./a.ts")};`,
    `import type {\n  C,\n  D,\n} from ${quoted("@persistent-queue/queue")};`,
    `import ${quoted("./effect.ts")};`,
    `export * from ${quoted("./e.ts")};`,
    `export { f } from ${quoted("../f.ts")};`,
    `import sql from ${quoted("./g.sql")} with { type: ${quoted("text")} };`,
    `const h = await import(${quoted("./h.ts")});`,
    `new Worker(new URL(${quoted("./i.ts")}, import.meta.url), { type: ${quoted("module")} });`,
    `// import { no } from ${quoted("./no.ts")};`,
    `/*\nimport { no } from ${quoted("./no.ts")};\n*/`,
  ].join("\n");
  const seen = specifiers({ path: "x.ts", text });
  const all = [
    "./a.ts",
    "@persistent-queue/queue",
    "./effect.ts",
    "./e.ts",
    "../f.ts",
    "./g.sql",
    "./h.ts",
    "./i.ts",
  ];
  assert.deepEqual(seen.toSorted(), all.toSorted());
  assert.deepEqual(
    imports({ path: "x.ts", text }).toSorted(),
    all.filter((one) => one !== "./i.ts").toSorted(),
  );
});

Deno.test("comments are removed, and what only looks like one stays", () => {
  const url = quoted("https://example.com/*x*/");
  assert.equal(
    withoutComments(`a /* b */ c // d\nconst u = ${url}; /["'/]/.test(e); // f`),
    `a  c \nconst u = ${url}; /["'/]/.test(e); `,
  );
  assert.equal(withoutComments("`${a} // kept`"), "`${a} // kept`");
});

Deno.test("a path is relative to the folder of the file that names it, and a package stays a package", () => {
  const file = { path: "ui/manager/page.tsx", text: "" };
  assert.equal(resolved(file, "../system.ts"), "ui/system.ts");
  assert.equal(resolved(file, "../../queue/job.ts"), "queue/job.ts");
  assert.equal(resolved(file, "hono/cookie"), "hono/cookie");
});
