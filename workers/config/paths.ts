/** Settings that name a place: a folder, or the location of the queue (`sqlite:data/queue.db`). */
import { misreadQueueUrl, printable } from "@persistent-queue/queue";
import { quoted, type Setting, type SettingInput } from "./setting.ts";

/** Relative to the folder in which the system is started. */
export const DEFAULT_QUEUE_PATH = "data/queue.db";

interface FolderRule {
  readonly fallback: string;
  readonly means: string;
}

/** The path as given, without a trailing slash. Control characters and commas are refused. */
export function folder<const Name extends string>(
  name: Name,
  { fallback, means }: FolderRule,
): Setting<Name, string> {
  return {
    ...{ name, defaultText: fallback, limits: "a folder", means },
    parse: (input) => parseFolder(name, fallback, input),
  };
}

export function absoluteFolder<const Name extends string>(
  name: Name,
  rule: FolderRule,
): Setting<Name, string> {
  const setting = folder(name, rule);
  return { ...setting, parse: (input) => input.absolute(setting.parse(input)) };
}

/** Null unless set. */
export function folderIfSet<const Name extends string>(
  name: Name,
  rule: FolderRule,
): Setting<Name, string | null> {
  const setting = absoluteFolder(name, rule);
  return { ...setting, parse: (input) => input.text === null ? null : setting.parse(input) };
}

function parseFolder(name: string, fallback: string, input: SettingInput): string {
  const text = input.text?.trim() ?? "";
  if (text === "") return fallback;
  const problem = problemOfFolder(text);
  if (problem === null) return text.replace(/(?<=[^/])\/+$/, "");
  input.reject(`${name} is ${quoted(text)}${problem}, for example ${name}=${fallback}`);
  return fallback;
}

/** Variables of a shell, as `$HOME`, `${HOME}` and `%TEMP%`, which would become folders of that name. */
const VARIABLE = /^\$|\$[{(]|\/\$[A-Za-z_]|(?:^|\/)%\w+%/;

function problemOfFolder(text: string): string | null {
  if (/^[~"'`]/.test(text) || VARIABLE.test(text)) {
    return "; nothing in it is expanded here as in a shell: write the path itself";
  }
  if (/^file:|^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return ", which is a URL: write the path itself";
  if (text.includes("\\")) return "; backslashes are part of a name here: write the path with slashes";
  return isPlainPath(text) ? null : ", but must be a path without commas or control characters";
}

/** The runtime's permission flags separate paths with commas, and a path cannot escape one. */
export function isPlainPath(text: string): boolean {
  return printable(text) === text && !text.includes(",");
}

/** The URL with an absolute path and a lower-case scheme. It may hold a password, so no message shows it. */
export function queueUrl<const Name extends string>(
  name: Name,
  { means }: { readonly means: string },
): Setting<Name, string> {
  return {
    ...{
      name,
      defaultText: `sqlite:${DEFAULT_QUEUE_PATH}`,
      limits: "`sqlite:` and a path, `postgres://…` or `redis://…`",
      means,
    },
    parse: (input) => parseQueueUrl(name, input),
  };
}

function parseQueueUrl(name: string, { text: given, reject, absolute }: SettingInput): string {
  const text = (given?.trim() ?? "").replace(/^[a-z][a-z0-9+.-]*:/i, (scheme) => scheme.toLowerCase());
  if (text.startsWith("sqlite:") || text === "") {
    const address = text === "" ? DEFAULT_QUEUE_PATH : text.slice("sqlite:".length);
    const problem = problemOfDatabase(address);
    if (problem !== null) reject(`${name} ${problem}`);
    return `sqlite:${absolute(problem === null ? address.trim() : DEFAULT_QUEUE_PATH)}`;
  }
  const problem = printable(text) === text ? misreadQueueUrl(text) : "has control characters";
  if (problem === null) return text;
  const example = /^[^:@?]+$/.test(text) && printable(text) === text ? text : DEFAULT_QUEUE_PATH;
  reject(
    `${name} ${problem}${problem.includes("for example") ? "" : `, for example ${name}=sqlite:${example}`}`,
  );
  return `sqlite:${absolute(DEFAULT_QUEUE_PATH)}`;
}

function problemOfDatabase(address: string): string | null {
  const problem = misreadQueueUrl(`sqlite:${address}`);
  if (problem !== null) return problem;
  const [, special] = /^\s*\/(dev|proc|sys)\//.exec(address) ?? [];
  if (special !== undefined) {
    return `lies in /${special}, where a program with few permissions opens no file, and what is kept in memory is lost ` +
      `at a restart; choose a place on a disk, for example QUEUE_URL=sqlite:${DEFAULT_QUEUE_PATH}`;
  }
  return isPlainPath(address)
    ? null
    : `has a path with commas or control characters, for example QUEUE_URL=sqlite:${DEFAULT_QUEUE_PATH}`;
}
