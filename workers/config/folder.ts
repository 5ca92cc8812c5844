/** Settings that name a folder. */
import { printable } from "@persistent-queue/queue";
import { quoted, type Setting, type SettingInput } from "./setting.ts";

interface FolderRule {
  readonly otherwise: string;
  readonly means: string;
}

/** The path as it was given, without control characters, without a comma and without a slash at its end. */
export function folder<const Name extends string>(
  name: Name,
  { otherwise, means }: FolderRule,
): Setting<Name, string> {
  return {
    ...{ name, defaultText: otherwise, limits: "a folder", means },
    parse: (input) => parseFolder(name, otherwise, input),
  };
}

export function absoluteFolder<const Name extends string>(
  name: Name,
  rule: FolderRule,
): Setting<Name, string> {
  const setting = folder(name, rule);
  return { ...setting, parse: (input) => input.absolute(setting.parse(input)) };
}

/** Null while it is not set. */
export function folderIfSet<const Name extends string>(
  name: Name,
  rule: FolderRule,
): Setting<Name, string | null> {
  const setting = absoluteFolder(name, rule);
  return { ...setting, parse: (input) => input.text === null ? null : setting.parse(input) };
}

function parseFolder(name: string, otherwise: string, input: SettingInput): string {
  const text = input.text?.trim() ?? "";
  if (text === "") return otherwise;
  const example = `for example ${name}=${otherwise}`;
  if (/^[~$"'`]/.test(text)) {
    input.reject(
      `${name} is ${
        quoted(text)
      }; nothing in it is replaced here, as a shell does: write the path itself, ${example}`,
    );
    return otherwise;
  }
  if (isPlainPath(text)) return text.replace(/(?<=[^/])\/+$/, "");
  input.reject(
    `${name} is ${quoted(text)}, but must be a path without commas and control characters, ${example}`,
  );
  return otherwise;
}

/** The runtime's permission flags separate paths by commas, and a path cannot escape one. */
export function isPlainPath(text: string): boolean {
  return printable(text) === text && !text.includes(",");
}
