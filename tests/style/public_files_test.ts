/** An unused export of a member's public file is a needless promise. */
import assert from "node:assert/strict";
import { resolved, type SourceFile, sourceFiles, withoutComments } from "./source_files.ts";

const files = await sourceFiles();
const byPath = new Map(files.map((file) => [file.path, file]));
const MEMBERS = ["queue", "workers", "ui"];

/** Files that are public from the first to the last line: the public file exports them whole. */
const CONTRACTS = [
  ...["job", "errors", "events", "processes", "queue_stats", "roles", "store", "system_view"].map((name) =>
    `queue/${name}.ts`
  ),
];

const DECLARED = /^export (?:abstract |async )*(?:const|let|function\*?|class|interface|type) (\w+)/gm;
const LISTED = /^export (?:type )?\{([^}]*)\}/gm;
const ALL = /^export (?:type )?\* from "([^"]+)"/gm;

/** The names that a public file lists. */
function chosenBy({ text }: SourceFile): string[] {
  const code = withoutComments(text);
  const declared = [...code.matchAll(DECLARED)].map(([, name = ""]) => name);
  const listed = [...code.matchAll(LISTED)].flatMap(([, names = ""]) => names.split(",").map(outerName));
  return [...declared, ...listed].filter((name) => name !== "");
}

/** `b` of `type a as b`. */
function outerName(item: string): string {
  return item.trim().replace(/^type\s+/, "").split(/\s+as\s+/).at(-1) ?? "";
}

/** The names that others import from a member. */
function takenFrom(member: string): Set<string> {
  const taken = new Set<string>();
  const statement = new RegExp(
    `^(?:import|export)\\b([^"';]*?)\\bfrom\\s*"@persistent-queue/${member}"`,
    "gm",
  );
  const later = new RegExp(`\\bconst \\{([^}]*)\\} = await import\\("@persistent-queue/${member}"\\)`, "g");
  for (const file of files) {
    const code = withoutComments(file.text);
    for (const [, names = ""] of [...code.matchAll(statement), ...code.matchAll(later)]) {
      for (const [name] of names.matchAll(/\w+/g)) taken.add(name);
      // The whole module under one name: every name after a dot counts.
      const [, space] = /\*\s+as\s+(\w+)/.exec(names) ?? [];
      if (space) {
        for (const [, name = ""] of file.text.matchAll(new RegExp(`\\b${space}\\.(\\w+)`, "g"))) {
          taken.add(name);
        }
      }
    }
  }
  return taken;
}

for (const member of MEMBERS) {
  const publicFile = byPath.get(`${member}/mod.ts`);
  Deno.test({
    name: `the public file of ${member} exports only what others use`,
    ignore: publicFile === undefined,
    fn: () => {
      assert.ok(publicFile);
      const exported = chosenBy(publicFile);
      assert.ok(exported.length > 0);
      const taken = takenFrom(member);
      assert.deepEqual(exported.filter((name) => !taken.has(name)), []);
    },
  });
}

Deno.test("only public files export whole files, and only those of the contract", () => {
  const passedOn = files.flatMap((file) =>
    [...withoutComments(file.text).matchAll(ALL)].map(([, specifier = ""]) => ({
      file,
      target: resolved(file, specifier),
    }))
  );
  const wrong = passedOn.filter(({ file, target }) =>
    !file.path.endsWith("/mod.ts") || !CONTRACTS.includes(target)
  );
  assert.deepEqual(wrong.map(({ file, target }) => `${file.path} passes on ${target}`), []);
});
