/** The links of the documentation work, and the files that it names exist. */
import assert from "node:assert/strict";
import { type DocsPage, docsPage, docsPages, rowsOf } from "./docs_pages.ts";
import { ROOT, sourceFiles } from "./source_files.ts";
import { tempFolder } from "../support/temp_folder.ts";

const pages = await docsPages();

/** Three screens of fifty lines. */
const README_LINES = 150;
const MAX_FILES = 3;
/** What a reader creates while following a page. */
const MADE_BY_READERS = ["workers/handlers/greet.ts", "workers/handlers/mail.ts"];

/** The anchor of a heading, as GitHub names it. */
function slugOf(heading: string): string {
  return heading.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
}

function headingsOf({ prose }: DocsPage): string[] {
  return [...prose.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => slugOf(heading.trim()));
}

function linksOf({ prose }: DocsPage): string[] {
  const targets = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
  return targets.filter((target) => !/^[a-z]+:/.test(target));
}

/** What is wrong with a link, or null. */
async function faultOf(page: DocsPage, link: string): Promise<string | null> {
  const [file = "", heading] = link.split("#");
  const path = file === ""
    ? page.path
    : new URL(file, new URL(page.path, "file:///")).pathname.slice("/".length);
  if (!await exists(path)) return `${page.path}: ${link} leads to no file`;
  if (heading === undefined || headingsOf(await docsPage(path)).includes(heading)) return null;
  return `${page.path}: ${link} leads to no heading`;
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(new URL(path, ROOT)).then(() => true, () => false);
}

/** Files and folders of the code that a text names. */
function pathsIn(text: string): string[] {
  const names = [...text.matchAll(/`([^`\s]+)`/g)].map(([, name = ""]) => name);
  return names.filter((name) =>
    /^(?:queue|workers|ui|tests|docs)\/[\w./-]*$|^(?:main\.ts|deno\.json|deno\.lock)$/.test(name)
  );
}

Deno.test("every link in the README, CONTRIBUTING and docs leads to a file and a heading that exist", async () => {
  const links = pages.flatMap((page) => linksOf(page).map((link) => ({ page, link })));
  assert.ok(links.length > 40);
  const faults = await Promise.all(links.map(({ page, link }) => faultOf(page, link)));
  assert.deepEqual(faults.filter((fault) => fault !== null), []);
});

Deno.test("a link to a missing file, or to a missing heading, is found", async () => {
  const page = { path: "docs/page.md", text: "", prose: "" };
  assert.equal(await faultOf(page, "settings.md#the-file-env"), null);
  assert.match(await faultOf(page, "setting.md") ?? "", /no file/);
  assert.match(await faultOf(page, "settings.md#the-file") ?? "", /no heading/);
});

Deno.test("each page of docs can be reached from the README", () => {
  const [readme] = pages;
  assert.ok(readme);
  const links = linksOf(readme);
  const others = pages.map(({ path }) => path).filter((path) => path !== readme.path);
  assert.deepEqual(others.filter((path) => !links.includes(path)), []);
});

Deno.test("every file of the code that a page names exists", async () => {
  const named = pages.flatMap(({ path, prose }) => pathsIn(prose).map((name) => ({ path, name })));
  assert.ok(named.length > 80);
  const missing = await Array.fromAsync(named, async ({ path, name }) => {
    return MADE_BY_READERS.includes(name) || await exists(name) ? [] : [`${path}: ${name}`];
  });
  assert.deepEqual(missing.flat(), []);
});

Deno.test(`the README fits on three screens: ${README_LINES} lines`, () => {
  const lines = pages.find(({ path }) => path === "README.md")?.text.split("\n").length ?? Infinity;
  assert.ok(lines <= README_LINES, `it has ${lines}`);
});

Deno.test(`each question of "Where do I …" names at most ${MAX_FILES} files`, async () => {
  const rows = rowsOf(await docsPage("docs/architecture.md"), /\?$/);
  assert.ok(rows.length >= 13);
  const counts = rows.map(([question, answer = ""]) => {
    return { question, files: pathsIn(answer).filter((path) => !path.endsWith("/")).length };
  });
  assert.deepEqual(counts.filter(({ files }) => files < 1 || files > MAX_FILES), []);
});

Deno.test("the pages name things, not unnamed persons", () => {
  const unclear = /\b(?:somebody|someone|whoever|nobody|whomever)\b/i;
  assert.deepEqual(pages.filter(({ prose }) => unclear.test(prose)).map(({ path }) => path), []);
});

Deno.test("every word set in code type in the glossary occurs in the code", async () => {
  const { text } = await docsPage("CONTRIBUTING.md");
  const [, glossary = ""] = text.split("## Glossary");
  const words = [...glossary.matchAll(/^\| (`[^|]+`) +\|/gm)].flatMap(([, cell = ""]) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, word = ""]) => word)
  );
  assert.ok(words.length > 50);
  const sources = (await sourceFiles()).filter(({ path }) => !path.startsWith("tests/"));
  const code = sources.map(({ path, text }) => `${path}\n${text}`).join("\n");
  assert.deepEqual(words.filter((word) => !new RegExp(`(?<![\\w-])${word}(?![\\w-])`).test(code)), []);
});

Deno.test("the handlers that the pages show pass the type check", async () => {
  const shown = pages.flatMap(({ text }) =>
    [...text.matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, code = ""]) => code)
  );
  assert.ok(shown.length >= 2);
  await using folder = await tempFolder();
  const handlerUrl = new URL("workers/handler.ts", ROOT).href;
  const paths = await Array.fromAsync(shown, async (code, n) => {
    const path = folder.file(`handler_${n}.ts`);
    await Deno.writeTextFile(path, code.replace('"../handler.ts"', JSON.stringify(handlerUrl)));
    return path;
  });
  const config = new URL("deno.json", ROOT).pathname;
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["check", "--config", config, ...paths],
    env: { NO_COLOR: "1" },
    stdout: "null",
    stderr: "piped",
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
});
