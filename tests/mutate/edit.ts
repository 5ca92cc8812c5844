import type { Edit } from "./mutations.ts";

/** @throws {Error} where the text is not there exactly once: the code has moved on, and the mutation must follow */
export function mutated(text: string, { file, from, to }: Edit): string {
  const [before, after, ...more] = text.split(from);
  if (before === undefined || after === undefined || more.length > 0) {
    throw new Error(`In ${file} this does not stand exactly once: ${from}`);
  }
  return before + to + after;
}

/** Edits the files in `folder`. Answers what undoes it. */
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
