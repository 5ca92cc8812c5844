/** The documentation: the README, CONTRIBUTING and all of `docs/`, as text to check. */
import { ROOT } from "./source_files.ts";

export interface DocsPage {
  /** Relative to the project's folder: `docs/settings.md`. */
  readonly path: string;
  readonly text: string;
  /** The text without its code blocks. */
  readonly prose: string;
}

export async function docsPages(): Promise<DocsPage[]> {
  const inDocs = await Array.fromAsync(Deno.readDir(new URL("docs/", ROOT)), ({ name }) => `docs/${name}`);
  const paths = ["README.md", "CONTRIBUTING.md", ...inDocs.filter((path) => path.endsWith(".md")).sort()];
  return await Promise.all(paths.map(docsPage));
}

export async function docsPage(path: string): Promise<DocsPage> {
  const text = await Deno.readTextFile(new URL(path, ROOT));
  return { path, text, prose: text.replace(/^ *```[^]*?^ *```$/gm, "") };
}

/** The rows of all tables whose first cell matches: their cells without padding. */
export function rowsOf({ text }: DocsPage, first: RegExp): string[][] {
  const rows = [...text.matchAll(/^\|(.+)\|$/gm)].map(([, row = ""]) =>
    row.split("|").map((cell) => cell.trim())
  );
  return rows.filter(([cell = ""]) => first.test(cell));
}

/** The first code block in this language that contains the word. */
export function blockOf({ path, text }: DocsPage, language: string, word: string): string {
  for (const [, found, block = ""] of text.matchAll(/^```(\w+)\n([^]*?)^```$/gm)) {
    if (found === language && block.includes(word)) return block;
  }
  throw new Error(`${path} has no ${language} with "${word}"`);
}
