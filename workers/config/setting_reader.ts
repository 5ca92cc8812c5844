/** Parses every setting of the table, and recognizes misspelt names. */
import { resolve } from "node:path";
import { editDistance, nearest, printable } from "@persistent-queue/queue";
import type { SettingInput } from "./setting.ts";
import { SETTING_NAMES, type SettingName, SETTINGS, type SettingValues } from "./settings.ts";

/** Records what is wrong with each setting, and uses its default instead. */
export class SettingReader {
  readonly problems: string[] = [];
  readonly #texts: Readonly<Record<string, string | undefined>>;
  readonly #broken = new Set<SettingName>();

  /** `startDir`: the folder that relative paths start from. */
  constructor(texts: Readonly<Record<string, string | undefined>>, readonly startDir: string) {
    this.#texts = texts;
  }

  readAll(): SettingValues {
    const values = Object.entries(SETTINGS).map(([property, setting]) =>
      [property, setting.parse(this.#inputOf(setting.name))] as const
    );
    // Each property has the type that its own entry parses, which is lost in `entries`.
    return Object.fromEntries(values) as SettingValues;
  }

  #inputOf(name: SettingName): SettingInput {
    return {
      text: this.#textOf(name),
      textOf: (other) => this.#textOf(other),
      absolute: (path) => this.absolute(path),
      reject: (problem) => this.reject(name, problem),
    };
  }

  #textOf(name: string): string | null {
    return this.#texts[name] || null;
  }

  isSet(name: SettingName): boolean {
    return this.#textOf(name) !== null;
  }

  /** Records a sentence about what is wrong; the caller goes on with a default. */
  reject(name: SettingName, problem: string): void {
    this.#broken.add(name);
    this.problems.push(problem);
  }

  /** Whether all of these were read without a problem, so that comparing them makes sense. */
  areSound(...names: SettingName[]): boolean {
    return names.every((name) => !this.#broken.has(name));
  }

  absolute(path: string): string {
    return resolve(this.startDir, path);
  }
}

/** `.env` belongs to this system alone, so any unknown name in it is a mistake. */
export function unknownInDotenv(names: readonly string[], allowed: readonly string[]): string[] {
  return names.filter((name) => !isSettingName(name) && !allowed.includes(name)).map((name) => {
    const meant = nearest(name, SETTING_NAMES);
    return `${shown(name)} in .env is not a setting; ${
      meant === null ? hintFor(shown(name)) : `did you mean ${meant}?`
    }`;
  });
}

function hintFor(name: string): string {
  const known = `known settings are ${SETTING_NAMES.join(", ")}`;
  return `${known}; if your handlers read it, HANDLER_ALLOW must name it: env=${name}`;
}

/** The environment holds many unrelated names, so only a name that is almost a setting is a mistake. */
export function misspeltInEnvironment(names: readonly string[]): string[] {
  return names.filter((name) => !isSettingName(name)).flatMap((name) => {
    const meant = SETTING_NAMES.find((known) => isMisspelling(name.toUpperCase(), known));
    return meant === undefined
      ? []
      : [`${shown(name)} in the environment is not a setting; did you mean ${meant}?`];
  });
}

function isSettingName(name: string): name is SettingName {
  return (SETTING_NAMES as readonly string[]).includes(name);
}

function isMisspelling(name: string, known: SettingName): boolean {
  if (known.length < 6) return false; // HOST is one letter from POST, and HOSTS may be any program's
  if (inSingular(name) === inSingular(known) || isWithoutUnit(name, known)) return true;
  if (withoutUnderscores(name) === withoutUnderscores(known)) return true;
  if (Math.abs(name.length - known.length) > 2) return false;
  // API_TOKEN is one letter from APP_TOKEN, OPS_PORT two from API_PORT: a short first word must have the same letters.
  const firstWord = known.slice(0, known.indexOf("_"));
  if (
    firstWord.length <= 3 && known.includes("_") && !isSameLetters(firstWord, name.slice(0, firstWord.length))
  ) {
    return false;
  }
  return editDistance(name, known) <= (known.length < 8 ? 1 : 2);
}

/** `TRUSTED_PROXIES` → `TRUSTED_PROXY`. A word as short as OPS is no plural. */
function inSingular(name: string): string {
  return name.split("_").map((word) => word.length < 4 ? word : word.replace(/IES$/, "Y").replace(/S$/, ""))
    .join("_");
}

/** A single word that is left, as of WORK_MS, could be any program's. */
function isWithoutUnit(name: string, known: SettingName): boolean {
  const words = known.split("_");
  return words.length > 2 && /^(?:MS|MB)$/.test(words.at(-1) ?? "") &&
    inSingular(name) === inSingular(words.slice(0, -1).join("_"));
}

function withoutUnderscores(name: string): string {
  return name.replaceAll("_", "");
}

function isSameLetters(left: string, right: string): boolean {
  return [...left].sort().join() === [...right].sort().join();
}

function shown(name: string): string {
  return printable(name, { maxLength: 60 });
}
