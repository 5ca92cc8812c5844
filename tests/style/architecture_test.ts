/** Which part may import which. */
import assert from "node:assert/strict";
import { imports, resolved, type SourceFile, sourceFiles, specifiers } from "./source_files.ts";

const files = await sourceFiles();
const sources = files.filter(({ path }) => !path.startsWith("tests/"));

/** What each part may import, by the name of its public file. */
const ARROWS: Record<string, readonly string[]> = {
  main: ["queue", "workers", "ui"],
  workers: ["queue"],
  ui: ["queue"],
  client: [],
  queue: [],
};

/** What both sides render: the server renders it first, and the client hydrates it. */
const DRAWN = /^ui\/(components|manager|ops)\//;

/** The client may import what both sides render by path, and types from the rest of `ui`, which leave no trace. */
function isForTheClient({ from, to, file, specifier }: Arrow): boolean {
  if (from !== "client" || to !== "ui") return false;
  return DRAWN.test(resolved(file, specifier)) || isTypeOnly(file, specifier);
}

const NAME = /^@persistent-queue\/([a-z]+)(\/.*)?$/;

/** `main`, `queue`, `workers`, `ui`, `client` or `tests`. */
function partOf(path: string): string {
  if (path.startsWith("ui/client/")) return "client";
  const [first = "", ...rest] = path.split("/");
  return rest.length === 0 ? "main" : first;
}

interface Arrow {
  readonly file: SourceFile;
  readonly from: string;
  readonly to: string;
  readonly specifier: string;
  /** Whether the import uses the member's name. */
  readonly named: boolean;
}

function arrowsOf(file: SourceFile, named: readonly string[]): Arrow[] {
  const from = partOf(file.path);
  return named.flatMap((specifier): Arrow[] => {
    const target = resolved(file, specifier);
    const [, name] = NAME.exec(specifier) ?? [];
    if (name !== undefined) return [{ file, from, to: name, specifier, named: true }];
    // An external package, or a runtime module; a folder is not code.
    if (target === specifier || target === "" || target.endsWith("/")) return [];
    return [{ file, from, to: partOf(target), specifier, named: false }];
  });
}

const arrows = sources.flatMap((file) => arrowsOf(file, specifiers(file)));

function say({ file, specifier }: Arrow): string {
  return `${file.path} imports ${specifier}`;
}

Deno.test("there are sources to check", () => {
  const parts = new Set(sources.map(({ path }) => partOf(path)));
  for (const part of ["queue", "workers", "ui"]) assert.ok(parts.has(part), part);
  assert.ok(arrows.some(({ from, to }) => from === "workers" && to === "queue"));
  assert.ok(arrows.some(({ from, to, named }) => from === "queue" && to === "queue" && !named));
});

Deno.test("imports follow the arrows: main → workers, ui, queue · workers → queue · ui → queue", () => {
  const wrong = arrows.filter((arrow) =>
    arrow.from !== arrow.to && !ARROWS[arrow.from]?.includes(arrow.to) && !isForTheClient(arrow)
  );
  assert.deepEqual(wrong.map(say), []);
});

/** The queue's second public file, which is small because each thread pays for what it loads. */
const BASICS = "@persistent-queue/queue/basics";

Deno.test("members are imported by name, through their public file", () => {
  const byPath = arrows.filter((arrow) => arrow.from !== arrow.to && !arrow.named && !isForTheClient(arrow));
  const byOtherPaths = arrows.filter(({ specifier }) =>
    NAME.exec(specifier)?.[2] !== undefined && specifier !== BASICS
  );
  assert.deepEqual([...byPath, ...byOtherPaths].map(say), []);
});

/** What is loaded with these files: their imports, and those of what they import, except for types. */
function loadedWith(entries: readonly SourceFile[]): { file: SourceFile; specifier: string }[] {
  const byPath = new Map(sources.map((file) => [file.path, file]));
  const reached = new Set<SourceFile>();
  const loaded: { file: SourceFile; specifier: string }[] = [];
  const follow = (file: SourceFile) => {
    if (reached.has(file)) return;
    reached.add(file);
    for (const specifier of imports(file).filter((specifier) => !isTypeOnly(file, specifier))) {
      loaded.push({ file, specifier });
      const next = byPath.get(resolved(file, specifier));
      if (next !== undefined) follow(next);
    }
  };
  entries.forEach(follow);
  return loaded;
}

Deno.test("the basics of the queue know nothing of jobs: they import each other and nothing else", () => {
  const basics = sources.filter(({ path }) => path.startsWith("queue/basics/"));
  assert.ok(basics.length > 5);
  const inside = (file: SourceFile, specifier: string) =>
    resolved(file, specifier).startsWith("queue/basics/");
  const wrong = basics.filter(({ path }) => path !== "queue/basics/mod.ts").flatMap((file) =>
    specifiers(file).filter((specifier) => !inside(file, specifier)).map((specifier) =>
      `${file.path} imports ${specifier}`
    )
  );
  assert.deepEqual(wrong, []);
});

Deno.test("nothing of the server reaches the browser", () => {
  const loaded = loadedWith(sources.filter(({ path }) => partOf(path) === "client"));
  assert.ok(loaded.length > 10, "the client draws what the server draws");
  const wrong = loaded.filter(({ specifier }) => /^(hono|node:|preact-render-to-string)/.test(specifier));
  assert.deepEqual(wrong.map(({ file, specifier }) => `${file.path} imports ${specifier}`), []);
});

/**
 * `node:fs` alone costs 3 MB and 35 ms in each of ten threads. The others here are loaded with every thread that
 * `node:worker_threads` starts.
 */
const PACKAGE =
  /^(?!node:(worker_threads|process|async_hooks|timers|v8)$)(node:|npm:|jsr:|@(?!persistent-queue\/)|[a-z])/;

Deno.test("a thread loads no storage, settings, pages or packages: it is replaced while jobs wait", () => {
  const threads = sources.filter(({ path }) => /^workers\/(consumer|producer)\.ts$/.test(path));
  assert.equal(threads.length, 2);
  const loaded = loadedWith(threads);
  assert.ok(loaded.some(({ specifier }) => specifier === BASICS));
  const heavy = loaded.filter(({ file, specifier }) =>
    (NAME.test(specifier) && specifier !== BASICS) || PACKAGE.test(specifier) ||
    resolved(file, specifier) === "workers/config.ts"
  );
  assert.deepEqual(heavy.map(({ file, specifier }) => `${file.path} imports ${specifier}`), []);
});

Deno.test("no file imports the public file of its own member", () => {
  const inside = arrows.filter(({ from, to, named, file, specifier }) =>
    from === to && (named || resolved(file, specifier) === `${from}/mod.ts`)
  );
  assert.deepEqual(inside.map(say), []);
});

Deno.test("nothing imports main or the tests", () => {
  // A test may start main as a process, but no file may import it.
  const fromTests = files.flatMap((file) => arrowsOf(file, imports(file))).filter(({ to }) => to === "main");
  const fromSources = arrows.filter(({ to }) => to === "main" || to === "tests");
  assert.deepEqual([...fromTests, ...fromSources].filter(({ from, to }) => from !== to).map(say), []);
});

Deno.test("backends never import each other, and no file outside the queue imports one", () => {
  const backendOf = (path: string) => /^queue\/(sqlite|postgres|redis)\//.exec(path)?.[1];
  const wrong = arrows.filter(({ file, specifier }) => {
    const target = backendOf(resolved(file, specifier));
    return target !== undefined && target !== backendOf(file.path) && file.path !== "queue/get_queue.ts";
  });
  assert.deepEqual(wrong.map(say), []);
});

Deno.test("only the SQLite backend knows SQLite", () => {
  const wrong = sources.filter((file) =>
    specifiers(file).includes("node:sqlite") && !file.path.startsWith("queue/sqlite/")
  );
  assert.deepEqual(wrong.map(({ path }) => path), []);
});

Deno.test("every dependency is in the project's list, never fetched by URL", () => {
  const wrong = files.flatMap((file) => specifiers(file).map((specifier) => ({ file, specifier })))
    .filter(({ specifier }) => /^(https?|npm|jsr|data|blob):/.test(specifier));
  assert.deepEqual(wrong.map(({ file, specifier }) => `${file.path} imports ${specifier}`), []);
});

/** Whether every statement of the file that names `specifier` imports only types. */
function isTypeOnly({ text }: SourceFile, specifier: string): boolean {
  const statements = [...text.matchAll(/^(?:import|export)\b[^"';]*?\bfrom\s*"([^"]+)"/gm)];
  return statements.filter(([, from]) => from === specifier).every(([statement]) =>
    /^(import|export) type\b/.test(statement)
  );
}
