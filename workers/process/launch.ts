/**
 * Starts the supervisor as a separate process with the permissions that its settings need, and defines how that process
 * receives its settings: through a pipe, because every handler can read what is in the environment or in a readable
 * file.
 */
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { join } from "node:path";
import { isLoopbackName, messageOf } from "@persistent-queue/queue";
import { ConfigurationError, readSettings, type Settings } from "../config.ts";
import {
  environmentWithoutSettings,
  forgetSettings,
  parseSources,
  readSources,
  type SettingSources,
} from "../config/load_settings.ts";
import { guard } from "../guard.ts";
import { AGAIN, isGuarded, readHandover } from "../guarded.ts";
import { freePorts } from "./free_ports.ts";
import { type HandlerProject, handlerProject } from "./handler_project.ts";
import { machineFacts } from "./machine.ts";
import { supervisorArgs, unmetPermissions } from "./permissions.ts";

const UNCONFINED =
  "A compiled binary does not confine its handlers: they may do whatever it may. HANDLER_ALLOW holds under " +
  "`deno task start` and `deno task supervise`.";

/** A comma separates the paths of a flag, so no path may contain one; a program on the PATH can be granted by name. */
const NO_RUN_PERMISSION =
  `This process may not run ${Deno.execPath()}: start the system with "deno task start". ` +
  "Where that path has a comma, which no permission flag can hold, put the folder of deno on the PATH, or deno elsewhere.";

const LOADER_VARIABLE = /^(?:LD|DYLD)_/;

export interface LaunchOptions {
  /** The URL of `main.ts`. */
  readonly mainUrl: string;
  /** Whether a supervisor that died is started again. */
  readonly restarts: boolean;
}

/** Resolves with the process's exit code. @throws {ConfigurationError} */
export async function launchSupervisor({ mainUrl, restarts }: LaunchOptions): Promise<number> {
  const sources = await withMachine(readSources());
  const settings = readSettings(sources);
  if (!Deno.build.standalone && !canLaunch()) throw new ConfigurationError([NO_RUN_PERMISSION]);
  const { env, left } = environmentFor({
    ...environmentWithoutSettings(sources, settings),
    ...settings.handlerEnv,
    DENO_NO_UPDATE_CHECK: "1",
  });
  const unconfined = Deno.build.standalone ? [UNCONFINED] : [];
  const warnings = [...settings.warnings, ...unconfined, ...(left.length > 0 ? [notPassedOn(left)] : [])];
  for (const warning of warnings) console.error(`Warning: ${warning}`);
  using files = new LaunchFiles(handlerProject(settings.handlersDir, mainUrl));
  return await guard({
    command: Deno.execPath(),
    args: (again) => [...supervisorArgs(settings, mainUrl, files.flags()), ...(again ? [AGAIN] : [])],
    env,
    handover: JSON.stringify(sources),
    restarts,
  });
}

/**
 * The supervisor's environment, and the names of those variables that it goes without: a process that may start only
 * certain programs passes nothing on that makes a program load other code, as `LD_LIBRARY_PATH` does.
 */
function environmentFor(env: Readonly<Record<string, string>>): {
  readonly env: Readonly<Record<string, string>>;
  readonly left: readonly string[];
} {
  if (Deno.permissions.querySync({ name: "run" }).state === "granted") return { env, left: [] };
  const left = Object.keys(env).filter((name) => LOADER_VARIABLE.test(name) && env[name] !== "");
  return { env: Object.fromEntries(Object.entries(env).filter(([name]) => !left.includes(name))), left };
}

function notPassedOn(names: readonly string[]): string {
  return `${names.join(" and ")} ${
    names.length === 1 ? "has" : "have"
  } no effect on the system and its handlers: ` +
    "Deno does not pass on what makes a program load other code.";
}

/** False for a compiled binary, whose permissions are built in, and for a process that may not start deno. */
export function canLaunch(): boolean {
  const toRunDeno = { name: "run", command: Deno.execPath() } as const;
  return !Deno.build.standalone && Deno.permissions.querySync(toRunDeno).state === "granted";
}

/** Returns the settings of this supervisor and clears their source. @throws {ConfigurationError} */
export async function takeSettings(): Promise<Settings> {
  if (isGuarded()) return readSettings(parseSources(await readHandover()));
  const settings = readSettings(await withMachine(readSources()));
  forgetSettings(settings);
  for (const [name, value] of Object.entries(settings.handlerEnv)) {
    if (!Deno.env.get(name)) Deno.env.set(name, value);
  }
  for (const warning of [...settings.warnings, ...confinementWarnings(settings)]) {
    console.error(`Warning: ${warning}`);
  }
  return settings;
}

/** Adds what only this process may find out, not the supervisor: facts about the machine, and free ports. */
async function withMachine(sources: SettingSources): Promise<SettingSources> {
  const settings = readSettings(sources);
  const { dotenvFile, host } = settings;
  const bindAddress = await bindAddressOf(host);
  const env = { ...sources.env, ...freePorts({ ...settings, bindAddress }) };
  return { ...sources, env, dotenvFile, bindAddress, machine: machineFacts(settings) };
}

function confinementWarnings(settings: Settings): string[] {
  if (Deno.build.standalone) return [UNCONFINED];
  const unmet = unmetPermissions(settings);
  if (unmet.length === 0) return [];
  return [
    `HANDLER_ALLOW names ${
      unmet.join(" and ")
    }, which this process may not do itself: handlers go without it`,
  ];
}

/**
 * HOST may be a name, but permissions and listeners need addresses. So it is looked up once, before the supervisor
 * starts.
 * @throws {ConfigurationError} for a name that this machine cannot resolve
 */
async function bindAddressOf(host: string): Promise<string> {
  if (isIP(host) !== 0) return host;
  try {
    const found = await lookup(host, { all: true });
    // IPv4 first, as without the setting; `localhost` often has both.
    const address = found.find(({ family }) => family === 4) ?? found[0];
    if (address === undefined) throw new Error("it has no address");
    return address.address;
  } catch (error) {
    // Browsers resolve every `*.localhost`, but many resolvers do not.
    if (isLoopbackName(host)) return "127.0.0.1";
    throw new ConfigurationError([
      `HOST is ${host}, a name that this machine cannot resolve (${
        messageOf(error)
      }); use one of its addresses, or ` +
      `HOST=0.0.0.0 for all of them, and ALLOWED_HOSTS=${host}`,
    ]);
  }
}

/**
 * The import map and the lock file that Deno reads when it starts the supervisor for another project's handlers. No
 * handler can write to their folder, because they decide what is loaded as the system's own code.
 */
class LaunchFiles implements Disposable {
  readonly #project: HandlerProject | null;
  #folder: string | null = null;
  /** The files that are written. */
  #files: readonly string[] = [];

  constructor(project: HandlerProject | null) {
    this.#project = project;
  }

  /** Writes the files again if they are gone: on a system that runs for weeks temporary files may get removed. */
  flags(): string[] {
    if (this.#project === null) return [];
    if (this.#files.length === 0 || !this.#files.every(isThere)) this.#write(this.#project);
    const [map, lock] = this.#files;
    // A project may have its packages installed without having a lock file.
    return [`--import-map=${map}`, `--lock=${lock}`, "--frozen=false"];
  }

  #write({ imports, lock }: HandlerProject): void {
    this[Symbol.dispose]();
    this.#folder = Deno.makeTempDirSync({ prefix: "persistent-queue-start-" });
    const files = [join(this.#folder, "import_map.json"), join(this.#folder, "deno.lock")] as const;
    Deno.writeTextFileSync(files[0], JSON.stringify(imports));
    Deno.writeTextFileSync(files[1], lock);
    this.#files = files;
  }

  [Symbol.dispose](): void {
    this.#files = [];
    if (this.#folder === null) return;
    try {
      Deno.removeSync(this.#folder, { recursive: true });
    } catch {
      // It is already removed.
    }
    this.#folder = null;
  }
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
