/**
 * Where the settings of a process come from: its environment, and the `.env` of the folder it was started in. A
 * supervisor under a guard is handed both, so that neither is there for a handler to read.
 */
import { readDotenv } from "./read_dotenv.ts";
import { type MachineFacts, readSettings, SETTING_NAMES, type Settings } from "../config.ts";

export interface SettingSources {
  readonly env: Readonly<Record<string, string>>;
  /** The text of `.env`, or null where there is none. */
  readonly dotenv: string | null;
  /** Where the process was started: relative paths are meant from there. */
  readonly startDir: string;
  /** What HOST was resolved to, where it is known. */
  readonly bindAddress?: string;
  /** What the machine has, where that was asked. */
  readonly machine?: MachineFacts;
}

/** @throws {ConfigurationError} with every problem */
export function loadSettings(): Settings {
  return readSettings(readSources());
}

export function readSources(): SettingSources {
  return { env: environment(), dotenv: readDotenv(), startDir: Deno.cwd() };
}

/** As the guard wrote them: `readSettings` checks them once more. */
export function parseSources(text: string): SettingSources {
  return JSON.parse(text);
}

/** For the supervisor and whatever it starts: without the settings, which hold secrets. */
export function environmentWithoutSettings({ env }: SettingSources): Record<string, string> {
  const names: readonly string[] = SETTING_NAMES;
  return Object.fromEntries(Object.entries(env).filter(([name]) => !names.includes(name)));
}

/** The same for this process, once its settings are read. */
export function forgetSettings(): void {
  for (const name of SETTING_NAMES) Deno.env.delete(name);
}

/** All of it where that is allowed, and that is where misspelt names are found; else only our own names. */
function environment(): Record<string, string> {
  if (Deno.permissions.querySync({ name: "env" }).state === "granted") return Deno.env.toObject();
  return Object.fromEntries(SETTING_NAMES.flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  }));
}
