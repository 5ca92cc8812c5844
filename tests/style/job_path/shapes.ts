/** Which types in a source text describe one job on its path, judged by what they declare. */
import { withoutComments } from "../source_files.ts";

const INTERFACE = /^(?:export )?interface (\w+)(?:<[^>]*>)?(?: extends ([^{]+))? \{\n([^]*?)^\}/gm;
const ALIAS = /^(?:export )?type (\w+)(?:<[^>]*>)? =([^]*?);$/gm;
/** A member that says which job it is about, with an identity or the job itself. */
const IDENTITY = /^ *(?:readonly )?(?:id|seq|ticket|job)\??: (?!\()/m;

interface Declared {
  readonly name: string;
  readonly heads: string;
  readonly body: string;
}

function declaredIn(text: string): Declared[] {
  const code = withoutComments(text);
  return [
    ...[...code.matchAll(INTERFACE)].map(([, name = "", heads = "", body = ""]) => ({ name, heads, body })),
    ...[...code.matchAll(ALIAS)].map(([, name = "", body = ""]) => ({ name, heads: body, body })),
  ];
}

/** Their names, sorted: types that say which job they are about, and types built from one of those. */
export function shapesIn(texts: readonly string[]): string[] {
  const declared = texts.flatMap(declaredIn);
  const shapes = new Set(declared.filter(({ body }) => IDENTITY.test(body)).map(({ name }) => name));
  for (let before = -1; before !== shapes.size;) {
    before = shapes.size;
    for (const { name, heads } of declared) {
      if (heads.includes("=>")) continue;
      if ([...shapes].some((shape) => new RegExp(`\\b${shape}\\b`).test(heads))) shapes.add(name);
    }
  }
  return [...shapes].sort();
}
