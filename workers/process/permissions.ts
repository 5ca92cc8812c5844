/** Least privilege, computed: the supervisor gets the permissions that its settings need, and no others. */
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { ConfigurationError, type Settings } from "../config.ts";
import {
  describePermission,
  HANDLER_PERMISSIONS,
  type HandlerPermission,
  NOTHING_ALLOWED,
} from "../config/handler_allow.ts";
import { ownAddresses } from "../config/own_pages.ts";
import { realPath } from "../config/place_rules.ts";
import { isOnServer } from "../config/queue_place.ts";
import { linkTargets } from "../handler_files.ts";
import { partsOf, withLinksInto } from "./closed_paths.ts";
import { databaseFiles, databasePaths } from "./database_paths.ts";
import { handlersUrl, projectFolder } from "./handler_project.ts";
import type { ThreadPermissions } from "../slots/hosted_threads.ts";
import { GUARDED } from "../guarded.ts";
import { NOHUP } from "./stop_signals.ts";

/** Threads load their code with the same read permission. */
const CODE_FOLDERS = ["queue", "workers", "ui"];

const DEFAULT_PORTS: Readonly<Record<string, string>> = {
  "postgres:": "5432",
  "postgresql:": "5432",
  "redis:": "6379",
  "rediss:": "6379",
};

/**
 * Each thread has its own heap, and V8 lets it grow to tens of megabytes before it collects: eleven threads took 670 MB
 * after about 100,000 jobs. Small young generations halve that. At 2 MB each, a job costs a tenth more processor time
 * than at 4 MB, which take 10 MB more in total; 8 MB gains nothing further. With `gc`, a thread collects its old
 * generation itself (`thread/memory.ts`).
 *
 * V8 ends a thread at the next check in a loop. The phase that unrolls loops drops the check of a short inner loop. The
 * one that fills `new Array(1000)` has none, so in V8 15.0 the loop around it loses its own: `for (;;)
 * rows.push(new Array(1000).fill(0))` goes on after `terminate()`, far beyond the limit of its heap. Without the phase,
 * no measured loop was slower.
 */
export const V8_FLAGS =
  "--v8-flags=--max-semi-space-size=4,--heap-growing-percent=20,--expose-gc,--no-turboshaft-loop-unrolling";

/** The arguments of `Deno.execPath()` that run the supervisor under a guard. `mainUrl` is the URL of `main.ts`. */
export function supervisorArgs(settings: Settings, mainUrl: string, more: readonly string[] = []): string[] {
  const words = ["supervise", GUARDED, ...Deno.args.filter((word) => word === NOHUP)];
  if (Deno.build.standalone) return words; // a compiled binary has its permissions inside
  const flags = permissionFlags(settings, mainUrl);
  return ["run", V8_FLAGS, ...CONFINED, ...more, ...flags, mainUrl, ...words];
}

/**
 * The last two are for handlers. Without the flag of an unstable API, calling it ends the whole process (`Deno.listen`
 * with `reusePort`, or on a vsock). With the flag, the call needs a permission like any other.
 */
const UNSTABLE = ["--unstable-worker-options", "--unstable-net", "--unstable-vsock"];

/** Never prompts and never downloads: importing a URL would send the text of the URL to that server. */
const CONFINED = ["--no-prompt", "--cached-only", ...UNSTABLE];

/** `--allow-read=…` and so on. A permission that is not needed has no flag. */
export function permissionFlags(settings: Settings, mainUrl: string): string[] {
  refuseComma(settings.startDir, "The system was started in");
  const database = databasePaths(settings, mainUrl);
  const needed: Record<HandlerPermission, readonly string[]> = {
    read: [
      // To restore the working folder: `.env` stays closed.
      settings.startDir,
      ...codePaths(mainUrl),
      ...handlerPaths(settings, mainUrl),
      ...projectAsGiven(settings),
      settings.filesDir,
      settings.logDir,
      ...database,
    ],
    write: [settings.filesDir, settings.logDir, ...database],
    net: [...ownAddresses(settings), ...backendAddresses(settings.queueUrl)],
    env: backendVariables(settings.queueUrl),
    run: [],
    // For the row of its process, where other hosts see the name.
    sys: isOnServer(settings) ? ["hostname"] : [],
    ffi: [],
  };
  return [
    ...HANDLER_PERMISSIONS.flatMap((kind) => flag(kind, [...needed[kind], ...settings.handlerAllow[kind]])),
    ...denied(settings),
  ];
}

/** Denied whatever else is granted: `.env`, and its target if it is a link. Threads inherit this. */
function denied(settings: Settings): string[] {
  refuseComma(settings.dotenvFile, "The file .env is a link to");
  const paths = dotenvPaths(settings).join(",");
  return [`--deny-read=${paths}`, `--deny-write=${paths}`];
}

function dotenvPaths({ startDir, dotenvFile }: Settings): string[] {
  return [...new Set([startDir, realPath(startDir)].map((folder) => join(folder, ".env"))).add(dotenvFile)];
}

/**
 * What the handlers' threads may do: read their folders and their code, and what `HANDLER_ALLOW` names. The queue
 * itself is closed to them. In a compiled binary they have the permissions of the process.
 */
export function handlerPermissions(settings: Settings, mainUrl: string): ThreadPermissions {
  if (Deno.build.standalone) return "inherit";
  const { startDir, filesDir, logDir, handlerAllow } = settings;
  const secret = dotenvPaths(settings).map(realPath);
  const closed = [...secret, ...databasePaths(settings, mainUrl).map(realPath)];
  // Opening the database would take SQLite's locks from this process: POSIX locks end with any descriptor of the file.
  const closedToAll = [...secret, ...databaseFiles(settings).map(realPath)];
  const own = handlerPaths(settings, mainUrl).flatMap((path) =>
    partsOf(path, { kind: "read", closed: withLinksInto(path, closed) })
  );
  const needed = {
    ...NOTHING_ALLOWED,
    read: [...codePaths(mainUrl), ...own, filesDir, logDir],
    write: [filesDir, logDir],
  };
  const granted = (kind: HandlerPermission) => {
    const allowed = handlerAllow[kind].filter((value) => mayDo(kind, value));
    if (allowed.includes("*")) return true;
    const isOfPaths = kind === "read" || kind === "write";
    return [
      ...needed[kind],
      ...isOfPaths
        ? allowed.flatMap((path) => partsOf(resolve(startDir, path), { kind, closed: closedToAll }))
        : allowed,
    ];
  };
  return { ...Object.fromEntries(HANDLER_PERMISSIONS.map((kind) => [kind, granted(kind)])), import: false };
}

/** What `HANDLER_ALLOW` names although this process may not do it: threads cannot be given that. */
export function unmetPermissions({ handlerAllow }: Settings): string[] {
  return HANDLER_PERMISSIONS.flatMap((kind) =>
    handlerAllow[kind].filter((value) => !mayDo(kind, value)).map((value) =>
      value === "*" ? kind : `${kind}=${value}`
    )
  );
}

function mayDo(kind: HandlerPermission, value: string): boolean {
  return Deno.permissions.querySync(describePermission(kind, value)).state === "granted";
}

/**
 * The pages already listen. From now on no code in this process may connect to them, or listen in their place;
 * otherwise a handler could log in with the public default password.
 */
export function closeOwnAddresses(settings: Settings): void {
  for (const host of ownAddresses(settings)) Deno.permissions.revokeSync({ name: "net", host });
}

function flag(kind: HandlerPermission, values: readonly string[]): string[] {
  if (values.length === 0) return [];
  return [values.includes("*") ? `--allow-${kind}` : `--allow-${kind}=${[...new Set(values)].join(",")}`];
}

function refuseComma(folder: string, sentence: string): void {
  if (!folder.includes(",")) return;
  throw new ConfigurationError([
    `${sentence} ${folder}, but permission flags allow no commas in paths; use another folder`,
  ]);
}

function codePaths(mainUrl: string): string[] {
  const main = fileURLToPath(mainUrl);
  refuseComma(dirname(main), "The project lies in");
  return [main, ...CODE_FOLDERS.map((folder) => join(dirname(main), folder))];
}

/** A team's handlers and what they import from their own project, including the targets of links. */
function handlerPaths({ handlersDir }: Settings, mainUrl: string): string[] {
  const folder = handlersDir === null
    ? join(dirname(fileURLToPath(mainUrl)), "workers", "handlers")
    : fileURLToPath(handlersUrl(handlersDir));
  const project = projectFolder(handlersDir);
  const paths = [...(project === null ? [] : [project.path]), ...linkTargets(folder)];
  for (const path of paths) refuseComma(path, "The handlers lie in");
  return paths;
}

/** Only the process gets it, which follows it to the real path. */
function projectAsGiven({ handlersDir }: Settings): string[] {
  const given = projectFolder(handlersDir)?.given;
  if (given === undefined) return [];
  refuseComma(given, "The handlers lie in");
  return [given];
}

/**
 * The PostgreSQL driver looks for an environment variable for each option that is not given. The Redis driver does not
 * connect unless it may look for this one.
 */
function backendVariables(queueUrl: string): string[] {
  if (/^rediss?:/.test(queueUrl)) return ["REDIS_DEBUG_MAINTENANCE"];
  return /^postgres(ql)?:/.test(queueUrl) ? ["PG*"] : [];
}

function backendAddresses(queueUrl: string): string[] {
  if (!URL.canParse(queueUrl)) return [];
  const { protocol, hostname, port } = new URL(queueUrl);
  const defaultPort = DEFAULT_PORTS[protocol];
  return defaultPort === undefined ? [] : [`${hostname || "localhost"}:${port || defaultPort}`];
}
