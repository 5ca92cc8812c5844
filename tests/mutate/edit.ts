import type { Edit } from "./mutations.ts";

/** @throws {Error} if the text does not occur exactly once: the code has changed, and the mutation must follow */
export function mutated(text: string, { file, from, to }: Edit): string {
  const [before, after, ...more] = text.split(from);
  if (before === undefined || after === undefined || more.length > 0) {
    throw new Error(`${file} does not contain this exactly once: ${from}`);
  }
  return before + to + after;
}

/** Edits the files in `folder`. Returns a function that undoes the edits. */
export function applied(folder: string, edits: readonly Edit[]): () => void {
  const originals = edits.map((edit) => ({ path: `${folder}/${edit.file}`, edit })).map(({ path, edit }) => {
    const text = Deno.readTextFileSync(path);
    Deno.writeTextFileSync(path, mutated(text, edit));
    return { path, text };
  });
  return () => {
    for (const { path, text } of originals.toReversed()) Deno.writeTextFileSync(path, text);
  };
}
