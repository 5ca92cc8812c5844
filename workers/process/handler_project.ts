/**
 * Handlers in a folder of a team's own project. Deno has one import map and one lock file per process, so the
 * supervisor starts with a merge: the team's imports become a scope of the map, and both locks are combined.
 */
import { dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { messageOf } from "@persistent-queue/queue";
import { ConfigurationError, type Settings } from "../config.ts";
import { realPath } from "../config/place_rules.ts";
import { HANDLERS, listKinds } from "../handlers.ts";

export interface HandlerProject {
  readonly imports: ImportMap;
  /** The text of the merged lock. */
  readonly lock: string;
}

type Imports = Readonly<Record<string, string>>;

export interface ImportMap {
  readonly imports: Imports;
  readonly scopes: Readonly<Record<string, Imports>>;
}

interface ProjectConfig {
  readonly path: string;
  readonly imports: Imports;
  readonly scopes: Readonly<Record<string, Imports>>;
}

/** The name under which a team's handlers import `GiveUp`, `RetryLater` and the types. */
const OWN_NAME = "persistent-queue";
const CONFIGS = ["deno.json", "deno.jsonc"];

/** Null if the handlers are those of this checkout. @throws {ConfigurationError} saying what is wrong */
export function handlerProject(handlersDir: string | null, mainUrl: string): HandlerProject | null {
  const project = projectFolder(handlersDir)?.path;
  if (project === undefined) return null;
  const root = dirname(fileURLToPath(mainUrl));
  const configPath = configIn(project);
  const config = configPath === undefined ? null : readConfig(configPath);
  const own = readConfig(join(root, "deno.json"));
  const scope = `${pathToFileURL(project)}/`;
  const ofTeam = { [OWN_NAME]: new URL("../handler.ts", import.meta.url).href, ...config?.imports };
  return {
    imports: { imports: own.imports, scopes: { [scope]: ofTeam, ...config?.scopes } },
    lock: mergedLock(join(root, "deno.lock"), join(project, "deno.lock")),
  };
}

interface ProjectFolder {
  /** As HANDLERS_DIR spells it. */
  readonly given: string;
  /** Without links: a permission holds for the text of a path, and no other spelling should be granted. */
  readonly path: string;
}

/** The folder of the handlers' project; null if it is this checkout. @throws {ConfigurationError} */
export function projectFolder(handlersDir: string | null): ProjectFolder | null {
  if (handlersDir === null || Deno.build.standalone || isOwn(handlersDir)) return null;
  const given = projectOf(handlersDir);
  return { given, path: realPath(given) };
}

/** The folder of the handlers. @throws {ConfigurationError} if there is none */
export function handlersUrl(handlersDir: string | null): URL {
  if (handlersDir === null || isOwn(handlersDir)) return HANDLERS;
  const project = projectOf(handlersDir);
  // A link within the project stays: relative imports start from its place there.
  return new URL(`${pathToFileURL(join(realPath(project), relative(project, handlersDir)))}/`);
}

function isOwn(handlersDir: string): boolean {
  assertFolder(handlersDir);
  return relative(realPath(fileURLToPath(HANDLERS)), realPath(handlersDir)) === "";
}

function projectOf(folder: string): string {
  return dirname(configAbove(folder) ?? join(folder, "deno.json"));
}

interface HandlerFolder {
  readonly folder: URL;
  readonly kinds: string[];
  /** The folder as messages name it. */
  readonly handlersDir: string;
}

export function handlersOf({ handlersDir }: Settings): HandlerFolder {
  const folder = handlersUrl(handlersDir);
  return { folder, kinds: listKinds(folder), handlersDir: handlersDir ?? "workers/handlers" };
}

function assertFolder(handlersDir: string): void {
  try {
    if (!Deno.statSync(handlersDir).isDirectory) {
      throw problem(`HANDLERS_DIR is ${handlersDir}, which is not a folder`);
    }
    for (const _ of Deno.readDirSync(handlersDir)) return;
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    throw problem(
      `HANDLERS_DIR is ${handlersDir}, which cannot be read: make the folder, or name the one in which the handlers are ` +
        `(${messageOf(error)})`,
    );
  }
}

/** The nearest one, searching upwards from the folder. */
function configAbove(folder: string): string | null {
  const path = configIn(folder);
  if (path !== undefined) return path;
  return dirname(folder) === folder ? null : configAbove(dirname(folder));
}

function configIn(folder: string): string | undefined {
  return CONFIGS.map((name) => join(folder, name)).find(isFile);
}

function readConfig(path: string): ProjectConfig {
  const config = readJson(path);
  const base = pathToFileURL(path);
  const outside = typeof config.importMap === "string" ? new URL(config.importMap, base) : null;
  const map = outside === null ? config : readJson(fileURLToPath(outside));
  const scopes = isRecord(map.scopes) ? Object.entries(map.scopes) : [];
  return {
    path,
    imports: expanded(map.imports, outside ?? base),
    scopes: Object.fromEntries(
      scopes.map(([at, imports]) => [new URL(at, base).href, expanded(imports, outside ?? base)]),
    ),
  };
}

/** Expands imports as Deno reads them in a `deno.json`: paths relative to that file, and a package with its subpaths. */
function expanded(imports: unknown, base: URL): Imports {
  if (!isRecord(imports)) return {};
  return Object.fromEntries(
    Object.entries(imports).flatMap(([name, target]): [string, string][] => {
      if (typeof target !== "string") return [];
      if (/^\.{0,2}\//.test(target)) return [[name, new URL(target, base).href]];
      const [, scheme, rest] = /^(npm|jsr):\/?(.+[^/])$/.exec(target) ?? [];
      const below: [string, string][] = scheme === undefined || name.endsWith("/")
        ? []
        : [[`${name}/`, `${scheme}:/${rest}/`]];
      return [[name, target], ...below];
    }),
  );
}

const LOCKED = ["specifiers", "jsr", "npm", "redirects", "remote"];

/** Packages are keyed by name and version, so equal keys mean the same package. */
function mergedLock(own: string, ofTeam: string): string {
  const lock = readJson(own);
  if (!isFile(ofTeam)) return JSON.stringify(lock);
  const theirs = readJson(ofTeam);
  if (theirs.version !== lock.version) {
    throw problem(
      `${ofTeam} is a lock of version ${theirs.version}, and this Deno writes version ${lock.version}: run ` +
        `"deno install" in ${dirname(ofTeam)} with the Deno that runs the queue`,
    );
  }
  const merged = LOCKED.map((part) =>
    [part, { ...asRecord(theirs[part]), ...asRecord(lock[part]) }] as const
  );
  return JSON.stringify({
    ...lock,
    ...Object.fromEntries(merged.filter(([, of]) => Object.keys(of).length > 0)),
  });
}

function readJson(path: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(withoutComments(Deno.readTextFileSync(path)));
    if (isRecord(value)) return value;
  } catch (error) {
    throw problem(`${path} cannot be used: ${messageOf(error)}. The handlers in HANDLERS_DIR need it`);
  }
  throw problem(
    `${path} cannot be used: it does not hold a JSON object. The handlers in HANDLERS_DIR need it`,
  );
}

/** A `deno.json` may have comments and trailing commas. */
function withoutComments(text: string): string {
  return text
    .replaceAll(/("(?:\\.|[^"\\])*")|\/\/[^\n]*|\/\*[^]*?\*\//g, (_, kept?: string) => kept ?? "")
    .replaceAll(/("(?:\\.|[^"\\])*")|,(?=\s*[}\]])/g, (_, kept?: string) => kept ?? "");
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

function asRecord(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function problem(sentence: string): ConfigurationError {
  return new ConfigurationError([sentence]);
}
