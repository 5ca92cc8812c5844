/** Parses every setting of the table; remembers what is wrong with each, and uses its default instead. */
import { resolve } from "node:path";
import type { SettingInput } from "./setting.ts";
import { type SettingName, SETTINGS, type SettingValues } from "./settings.ts";

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
    // Each property has what its own entry of the table parsed, which the types cannot follow through entries.
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

  /** Remembers one sentence about what is wrong. Returns nothing, so the caller goes on with a default. */
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
