/** The project's own TypeScript, as text to check. */
export interface SourceFile {
  /** Relative to the project's folder, with slashes: `queue/job.ts`. */
  readonly path: string;
  readonly text: string;
}

export const ROOT = new URL("../../", import.meta.url);
const FOLDERS = ["queue/", "workers/", "ui/", "tests/"];
const GENERATED = /(^|\/)(node_modules|static|dist)\//;

export async function sourceFiles(): Promise<SourceFile[]> {
  const paths = [...await filesIn(""), ...(await Promise.all(FOLDERS.map(walk))).flat()];
  const own = paths.filter((path) => /\.tsx?$/.test(path) && !GENERATED.test(path)).sort();
  return await Promise.all(
    own.map(async (path) => ({ path, text: await Deno.readTextFile(new URL(path, ROOT)) })),
  );
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(new URL(folder, ROOT)));
  return entries.filter((entry) => entry.isFile).map((entry) => folder + entry.name);
}

async function walk(folder: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(new URL(folder, ROOT)));
  const below = entries.filter((entry) => entry.isDirectory).map((entry) => walk(`${folder}${entry.name}/`));
  return [...await filesIn(folder), ...(await Promise.all(below)).flat()];
}

/** Removes comments; strings and templates stay. */
export function withoutComments(text: string): string {
  const token =
    /"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|\/(?![*/\s])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;
  return text.replace(token, (found) => /^\/[/*]/.test(found) ? "" : found);
}

const IMPORTS = [
  /^\s*(?:import|export)\b[^"';]*?\bfrom\s*"([^"]+)"/gm,
  /^\s*import\s*"([^"]+)"/gm,
  /\bimport\(\s*"([^"]+)"/g,
];

const REFERENCES = [
  /\bnew URL\(\s*"([^"]+)"\s*,\s*import\.meta\.url/g,
  /\bimport\.meta\.resolve\(\s*"([^"]+)"/g,
];

/** Everything that a file imports or re-exports, statically or dynamically. */
export function imports({ text }: SourceFile): string[] {
  return found(text, IMPORTS);
}

/** Everything that a file refers to: its imports, threads, and other files of ours. */
export function specifiers({ text }: SourceFile): string[] {
  return found(text, [...IMPORTS, ...REFERENCES]);
}

function found(text: string, patterns: readonly RegExp[]): string[] {
  const code = withoutComments(text);
  return patterns.flatMap((pattern) => [...code.matchAll(pattern)].map((match) => match[1] ?? ""));
}

/** What a specifier refers to, relative to the project's folder; a package name stays as it is. */
export function resolved({ path }: SourceFile, specifier: string): string {
  if (!/^\.{0,2}\//.test(specifier)) return specifier;
  return new URL(specifier, `file:///${path}`).pathname.slice(1);
}
