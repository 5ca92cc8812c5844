/** One setting: its name, default, limits and meaning, and how its text is parsed. */
import { DAY_MS, printable } from "@persistent-queue/queue";

/** What the parser of one setting gets. */
export interface SettingInput {
  /** The text as given; null if it is unset or empty. */
  readonly text: string | null;
  /** The text of another setting, for a default that depends on it. */
  textOf(name: string): string | null;
  /** Makes the path absolute, relative to the folder in which the system was started. */
  absolute(path: string): string;
  /** Records a sentence about what is wrong. The setting then takes its default. */
  reject(problem: string): void;
}

export interface Setting<Name extends string = string, Value = unknown> {
  readonly name: Name;
  /** The default as a person would write it, or in words with backticks around the values. */
  readonly defaultText: string;
  /** What is allowed, in words. */
  readonly limits: string;
  /** The last column of its row in `docs/settings.md`. */
  readonly means: string;
  parse(input: SettingInput): Value;
}

/** The default text of a setting without a default. */
export const UNSET = "unset";

interface WholeNumberRule {
  readonly fallback: number;
  readonly min: number;
  readonly max: number;
  readonly means: string;
}

export function wholeNumber<const Name extends string>(
  name: Name,
  { fallback, min, max, means }: WholeNumberRule,
): Setting<Name, number> {
  return {
    ...{ name, defaultText: String(fallback), means },
    limits: `${min} to ${max.toLocaleString("en")}`,
    parse({ text, reject }) {
      if (text === null) return fallback;
      const value = parseWholeNumber(text, { min, max });
      if (value !== null) return value;
      reject(
        `${name} is ${
          quoted(text)
        }, but must be a whole number from ${min} to ${max}, for example ${name}=${fallback}`,
      );
      return fallback;
    },
  };
}

/** A whole number of milliseconds, limited to a number of days. */
export function milliseconds<const Name extends string>(
  name: Name,
  rule: Omit<WholeNumberRule, "max"> & { readonly maxDays: number },
): Setting<Name, number> {
  const setting = wholeNumber(name, { ...rule, max: rule.maxDays * DAY_MS });
  return { ...setting, limits: `${rule.min} to ${days(rule.maxDays)}` };
}

const MAX_DELAYS = 100;

/** Milliseconds separated by commas; `none` = an empty list. */
export function delays<const Name extends string>(
  name: Name,
  { fallback, maxDays, means }: {
    readonly fallback: readonly number[];
    readonly maxDays: number;
    readonly means: string;
  },
): Setting<Name, readonly number[]> {
  const max = maxDays * DAY_MS;
  const defaultText = fallback.join(",");
  return {
    ...{ name, defaultText, means },
    limits: `up to ${MAX_DELAYS} delays of up to ${days(maxDays)} each`,
    parse({ text, reject }) {
      if (text === null) return Object.freeze([...fallback]);
      if (text.trim() === "none") return Object.freeze([]);
      const values = text.split(",").map((part) => parseWholeNumber(part, { min: 0, max }));
      if (values.length <= MAX_DELAYS && values.every((value) => value !== null)) {
        return Object.freeze(values);
      }
      reject(
        `${name} is ${
          quoted(text)
        }, but must be up to ${MAX_DELAYS} whole numbers from 0 to ${max}, separated by commas, ` +
          `or "none", for example ${name}=${defaultText}`,
      );
      return fallback;
    },
  };
}

export function oneOf<const Name extends string, const Choice extends string>(
  name: Name,
  { choices, fallback, means }: {
    readonly choices: readonly Choice[];
    readonly fallback: Choice;
    readonly means: string;
  },
): Setting<Name, Choice> {
  return {
    ...{ name, defaultText: fallback, means },
    limits: choices.map((choice) => `\`${choice}\``).join(", "),
    parse: (input) => parseChoice(name, { choices, fallback }, input),
  };
}

/** `on` or `off`; the default depends on other settings. */
export function onOrOff<const Name extends string>(
  name: Name,
  { isOnByDefault, defaultText, means }: {
    isOnByDefault(input: SettingInput): boolean;
    readonly defaultText: string;
    readonly means: string;
  },
): Setting<Name, boolean> {
  const choices = ["on", "off"] as const;
  return {
    ...{ name, defaultText, means, limits: "`on` or `off`" },
    parse: (input) =>
      parseChoice(name, { choices, fallback: isOnByDefault(input) ? "on" : "off" }, input) === "on",
  };
}

function parseChoice<Choice extends string>(
  name: string,
  { choices, fallback }: { readonly choices: readonly Choice[]; readonly fallback: Choice },
  { text, reject }: SettingInput,
): Choice {
  if (text === null) return fallback;
  const choice = choices.find((known) => known === text.trim().toLowerCase());
  if (choice !== undefined) return choice;
  reject(
    `${name} is ${quoted(text)}, but must be one of ${choices.join(", ")}, for example ${name}=${fallback}`,
  );
  return fallback;
}

/** Accepts plain decimal digits; null for anything else. */
function parseWholeNumber(text: string, { min, max }: { min: number; max: number }): number | null {
  if (!/^\d{1,15}$/.test(text.trim())) return null;
  const value = Number(text);
  return value >= min && value <= max ? value : null;
}

function days(n: number): string {
  return n === 1 ? "a day" : `${n} days`;
}

/** Quotes a given text within a sentence. */
export function quoted(text: string): string {
  return `"${printable(text, { maxLength: 60 })}"`;
}
