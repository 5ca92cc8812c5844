/** Reads one setting at a time; remembers what is wrong with it, and uses the default instead. */
import { resolve } from "node:path";
import { printable } from "@persistent-queue/queue";
import type { SettingName } from "./setting_names.ts";

interface WholeNumberRule {
  readonly otherwise: number;
  readonly min: number;
  readonly max: number;
}

export class SettingReader {
  readonly problems: string[] = [];
  readonly #values: Readonly<Record<string, string | undefined>>;
  readonly #broken = new Set<SettingName>();

  /** `startDir`: the folder that relative paths start from. */
  constructor(values: Readonly<Record<string, string | undefined>>, readonly startDir: string) {
    this.#values = values;
  }

  /** The text of a setting, or null when it is unset or empty. */
  text(name: SettingName): string | null {
    const value = this.#values[name];
    return value === undefined || value === "" ? null : value;
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

  wholeNumber(name: SettingName, { otherwise, min, max }: WholeNumberRule): number {
    const text = this.text(name);
    if (text === null) return otherwise;
    const value = parseWholeNumber(text, { min, max });
    if (value !== null) return value;
    this.reject(
      name,
      `${name} is ${
        quoted(text)
      }, but must be a whole number from ${min} to ${max}, for example ${name}=${otherwise}`,
    );
    return otherwise;
  }

  wholeNumbers(
    name: SettingName,
    { otherwise, max }: { otherwise: readonly number[]; max: number },
  ): readonly number[] {
    const text = this.text(name);
    if (text === null) return otherwise;
    if (text.trim() === "none") return [];
    const values = text.split(",").map((part) => parseWholeNumber(part, { min: 0, max }));
    if (values.length <= 100 && values.every((value) => value !== null)) return values;
    this.reject(
      name,
      `${name} is ${
        quoted(text)
      }, but must be up to 100 whole numbers from 0 to ${max} with commas between them, ` +
        `or "none", for example ${name}=${otherwise.join(",")}`,
    );
    return otherwise;
  }

  oneOf<Choice extends string>(name: SettingName, choices: readonly Choice[], otherwise: Choice): Choice {
    const text = this.text(name);
    if (text === null) return otherwise;
    const choice = choices.find((known) => known === text.trim().toLowerCase());
    if (choice !== undefined) return choice;
    this.reject(
      name,
      `${name} is ${quoted(text)}, but must be one of ${
        choices.join(", ")
      }, for example ${name}=${otherwise}`,
    );
    return otherwise;
  }

  isOn(name: SettingName, otherwise: boolean): boolean {
    return this.oneOf(name, ["on", "off"], otherwise ? "on" : "off") === "on";
  }

  /** A path without control characters, without a comma and without a slash at its end. */
  folder(name: SettingName, otherwise: string): string {
    const text = this.text(name)?.trim() ?? "";
    if (text === "") return otherwise;
    if (/^[~$"'`]/.test(text)) {
      this.reject(
        name,
        `${name} is ${
          quoted(text)
        }; nothing in it is replaced here, as a shell does: write the path itself, ` +
          `for example ${name}=${otherwise}`,
      );
      return otherwise;
    }
    if (isPlainPath(text)) return text.replace(/(?<=[^/])\/+$/, "");
    this.reject(
      name,
      `${name} is ${quoted(text)}, but must be a path without commas and control characters, ` +
        `for example ${name}=${otherwise}`,
    );
    return otherwise;
  }

  absolute(path: string): string {
    return resolve(this.startDir, path);
  }

  /** An address or host name, without a scheme or port. */
  host(name: SettingName, otherwise: string): string {
    const text = this.text(name)?.trim() ?? "";
    if (text === "") return otherwise;
    const host = text.replace(/^\[(.*)\]$/, "$1");
    if (/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(host) || /^[0-9a-f:.]*:[0-9a-f:.]*$/i.test(host)) {
      if (URL.canParse(host.includes(":") ? `http://[${host}]/` : `http://${host}/`)) return host;
    }
    this.reject(
      name,
      `${name} is ${quoted(text)}, but must be an address or the name of a host, without scheme and port, ` +
        `for example ${name}=${otherwise}`,
    );
    return otherwise;
  }

  /** Text that is never shown, and can be sent in a header. */
  token(name: SettingName): string | null {
    const text = this.text(name);
    if (text === null || /^[\x21-\x7e]+$/.test(text)) return text;
    this.reject(
      name,
      `${name} has a character that no HTTP header can carry; use letters, digits and ` +
        `punctuation of ASCII without spaces, for example the output of "openssl rand -hex 24"`,
    );
    return null;
  }
}

/** The runtime's permission flags separate paths by commas, and a path cannot escape one. */
export function isPlainPath(text: string): boolean {
  return printable(text) === text && !text.includes(",");
}

/** Plain decimal digits; null for anything else. */
function parseWholeNumber(text: string, { min, max }: { min: number; max: number }): number | null {
  if (!/^\d{1,15}$/.test(text.trim())) return null;
  const value = Number(text);
  return value >= min && value <= max ? value : null;
}

function quoted(text: string): string {
  return `"${printable(text, { maxLength: 60 })}"`;
}
