/**
 * The sources of a process's settings: its environment, and the `.env` of the folder that it was started in. Under a
 * guard, the supervisor is handed both, so that a handler can read neither.
 */
import { messageOf } from "@persistent-queue/queue";
import {
  ConfigurationError,
  type MachineFacts,
  readSettings,
  SETTING_NAMES,
  type Settings,
} from "../config.ts";

import { secretVariables } from "./queue_variables.ts";

export interface SettingSources {
  readonly env: Readonly<Record<string, string>>;
  /** The text of `.env`, or null if there is none. */
  readonly dotenv: string | null;
  /** The folder in which the process was started: relative paths start from it. */
  readonly startDir: string;
  /** The real path of `.env`, which only a process that may read it can find. */
  readonly dotenvFile?: string;
  /** The address that HOST was resolved to, if known. */
  readonly bindAddress?: string;
  /** Facts about the machine, if they were determined. */
  readonly machine?: MachineFacts;
}

/** @throws {ConfigurationError} with every problem */
export function loadSettings(): Settings {
  return readSettings(readSources());
}

export function readSources(): SettingSources {
  return { env: environment(), dotenv: readDotenv(), startDir: Deno.cwd() };
}

/** Reads the sources as the guard wrote them; `readSettings` checks them again. */
export function parseSources(text: string): SettingSources {
  return JSON.parse(text);
}

/** For the supervisor and the processes that it starts: the environment without the settings, which hold secrets. */
export function environmentWithoutSettings(
  { env }: SettingSources,
  settings: Settings,
): Record<string, string> {
  const names: readonly string[] = [...SETTING_NAMES, ...secretVariables(settings)];
  return Object.fromEntries(Object.entries(env).filter(([name]) => !names.includes(name)));
}

/** Removes the same from this process, after its settings are read. Without `settings`, only the settings' names. */
export function forgetSettings(settings?: Settings): void {
  const secrets = settings === undefined ? [] : secretVariables(settings);
  for (const name of [...SETTING_NAMES, ...secrets]) Deno.env.delete(name);
}

/** The whole environment if that is permitted, so that misspelt names are found; otherwise only the names of settings. */
function environment(): Record<string, string> {
  if (Deno.permissions.querySync({ name: "env" }).state === "granted") return Deno.env.toObject();
  return Object.fromEntries(SETTING_NAMES.flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  }));
}

/**
 * The text of `.env`; null if there is none. @throws {ConfigurationError} if it cannot be read as text, because
 * ignoring it would leave the defaults in force
 */
export function readDotenv(path = ".env"): string | null {
  const bytes = bytesOf(path);
  return bytes === null ? null : decode(bytes);
}

function bytesOf(path: string): Uint8Array | null {
  try {
    return Deno.readFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound && !isLink(path)) return null;
    throw new ConfigurationError([`The file .env cannot be read: ${messageOf(error)}`]);
  }
}

/** A dangling link stands for a file that was meant to be there. */
function isLink(path: string): boolean {
  try {
    return Deno.lstatSync(path).isSymlink;
  } catch {
    return false;
  }
}

function decode(bytes: Uint8Array): string {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    if (!text.includes("\0")) return text;
  } catch {
    // Reported below.
  }
  throw new ConfigurationError([
    "The file .env is not in UTF-8 (in UTF-16 or Latin-1, perhaps): save it as UTF-8, or its values are not what you typed",
  ]);
}
