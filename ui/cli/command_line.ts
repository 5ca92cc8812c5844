/** Parses the arguments after a command's name, and generates the help that describes them. */
import { parseArgs } from "node:util";
import { EXIT, nearest, printable } from "@persistent-queue/queue";
import { type Command, type CommandLine, type OptionRule, UsageError } from "./command.ts";
import { columns } from "./terminal.ts";

/** Every command has these. */
const COMMON_OPTIONS: Readonly<Record<string, OptionRule>> = {
  json: { type: "boolean", help: "print JSON, for scripts" },
  help: { type: "boolean", short: "h", help: "show this help" },
};

/** @throws {UsageError} for an option that is unknown, lacks its value, is repeated, or has a value that it does not take */
export function readCommandLine(
  args: readonly string[],
  rules: Readonly<Record<string, OptionRule>>,
): CommandLine {
  const known = { ...rules, ...COMMON_OPTIONS };
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(
      Object.entries(known).map(([name, { type, short }]) => [name, { type, ...(short && { short }) }]),
    ),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const operands: string[] = [];
  const values = new Map<string, string | true>();
  for (const token of tokens) {
    if (token.kind === "positional") operands.push(token.value);
    if (token.kind !== "option") continue;
    const value = valueOf(token, known);
    if (value !== true && values.has(token.name)) throw givenTwice(token);
    values.set(token.name, value);
  }
  return { operands, has: (name) => values.has(name), text: (name) => textOf(values.get(name)) };
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

function valueOf(
  { name, rawName, value, inlineValue }: OptionToken,
  known: Readonly<Record<string, OptionRule>>,
): string | true {
  const rule = Object.hasOwn(known, name) ? known[name] : undefined;
  if (rule === undefined) throw unknownOption(rawName, Object.keys(known));
  if (rule.type === "boolean") {
    if (value === undefined) return true;
    throw new UsageError(`${rawName} is a switch and takes no value.`);
  }
  // The parser takes any next argument as the value: `--kind --json` lacks one.
  if (value === undefined || value === "" || (!inlineValue && value.startsWith("--"))) {
    throw new UsageError(`${rawName} needs a value: ${rawName} ${rule.value}.`);
  }
  return value;
}

function unknownOption(rawName: string, known: readonly string[]): UsageError {
  const meant = nearest(rawName.replace(/^-+/, ""), known);
  const hint = meant === null
    ? `known are ${known.map((name) => `--${name}`).join(", ")}`
    : `did you mean --${meant}?`;
  return new UsageError(`There is no option ${printable(rawName, { maxLength: 60 })}; ${hint}`);
}

/** One of the two values would be ignored. */
function givenTwice({ name, rawName }: OptionToken): UsageError {
  const hint = name === "status"
    ? "; several statuses are separated by commas: --status FAILED,CANCELED"
    : "";
  return new UsageError(`${rawName} is given twice: give it once${hint}.`);
}

function textOf(value: string | true | undefined): string | undefined {
  return value === true ? undefined : value;
}

/** The value of an option as a whole number within its range. @throws {UsageError} */
export function wholeNumber(
  line: CommandLine,
  name: string,
  { min, max }: { min: number; max: number },
): number | undefined {
  const text = line.text(name);
  if (text === undefined) return undefined;
  const value = /^-?\d{1,15}$/.test(text) ? Number(text) : NaN;
  if (value >= min && value <= max) return value;
  throw new UsageError(
    `--${name} is a whole number from ${min} to ${max}, not "${printable(text, { maxLength: 60 })}".`,
  );
}

const PROGRAM = "deno task jobs";

const EXIT_CODES = [
  [EXIT.done, "done"],
  [EXIT.failed, "refused"],
  [EXIT.usage, "wrong usage"],
  [EXIT.storage, "the storage does not work"],
  [EXIT.configuration, "a setting is wrong"],
  [EXIT.interrupted, "ended by Ctrl+C"],
] as const;

export function helpOfAll(commands: Readonly<Record<string, Command>>): string {
  return [
    `Usage: ${PROGRAM} <command> [options]`,
    "",
    columns(Object.entries(commands).map(([name, { summary }]) => [`  ${name}`, summary])),
    "",
    `More about one: ${PROGRAM} <command> --help. Every command prints JSON with --json.`,
    `Exit codes: ${EXIT_CODES.map(([code, means]) => `${code} ${means}`).join(", ")}.`,
    `Deno prints the task on standard error first; "${PROGRAM.replace("task", "task -q")}" leaves that out.`,
  ].join("\n");
}

export function helpOf(name: string, { operands, summary, options, examples }: Command): string {
  const all = Object.entries({ ...options, ...COMMON_OPTIONS });
  return [
    `${usageOf(name, operands)}`,
    `  ${summary}`,
    "",
    columns(
      all.map((
        [option, { value, help }],
      ) => [`  --${option}${value === undefined ? "" : ` ${value}`}`, help]),
    ),
    "",
    "Examples:",
    ...examples.map((example) => `  ${PROGRAM} ${example}`),
  ].join("\n");
}

export function usageOf(name: string, operands: string): string {
  return `Usage: ${[PROGRAM, name, operands, "[options]"].filter((part) => part !== "").join(" ")}`;
}
