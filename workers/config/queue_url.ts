/** The location of the queue: `sqlite:data/queue.db`. It may hold a password, so no message shows it. */
import { misreadSqliteAddress, printable, SCHEMES } from "@persistent-queue/queue";
import { isPlainPath } from "./folder.ts";
import type { Setting, SettingInput } from "./setting.ts";

const DEFAULT_PATH = "data/queue.db";

/** With an absolute path. */
export function queueUrl<const Name extends string>(
  name: Name,
  { means }: { readonly means: string },
): Setting<Name, string> {
  return {
    ...{ name, defaultText: `sqlite:${DEFAULT_PATH}`, limits: "`sqlite:` and a path", means },
    parse: (input) => parseQueueUrl(name, input),
  };
}

function parseQueueUrl(name: string, { text: given, reject, absolute }: SettingInput): string {
  const text = given?.trim() ?? "";
  if (text.startsWith("sqlite:") || text === "") {
    const address = text === "" ? DEFAULT_PATH : text.slice("sqlite:".length);
    const problem = problemOf(address);
    if (problem !== null) reject(`${name} ${problem}`);
    return `sqlite:${absolute(problem === null ? address.trim() : DEFAULT_PATH)}`;
  }
  const [, scheme, place = ""] = /^([a-z][a-z0-9+.-]*):(.*)$/.exec(text) ?? [];
  if (scheme !== undefined && SCHEMES.includes(scheme) && place !== "" && printable(text) === text) {
    return text;
  }
  const example = /^[^:@?]+$/.test(text) && printable(text) === text ? text : DEFAULT_PATH;
  reject(`${name} ${misfit(scheme)}, for example ${name}=sqlite:${example}`);
  return `sqlite:${absolute(DEFAULT_PATH)}`;
}

function problemOf(address: string): string | null {
  const problem = misreadSqliteAddress(address);
  if (problem !== null) return problem;
  const [, special] = /^\s*\/(dev|proc|sys)\//.exec(address) ?? [];
  if (special !== undefined) {
    return `lies in /${special}, where a program with few permissions opens no file, and what is kept in memory is lost ` +
      `at a restart; choose a place on a disk, for example QUEUE_URL=sqlite:${DEFAULT_PATH}`;
  }
  return isPlainPath(address)
    ? null
    : `has a path with commas or control characters, for example QUEUE_URL=sqlite:${DEFAULT_PATH}`;
}

function misfit(scheme: string | undefined): string {
  if (scheme === undefined) return "does not look like a URL: it must begin with a scheme and a colon";
  if (SCHEMES.includes(scheme)) return `lacks the place after "${scheme}:"`;
  return `names no backend that is known: it must begin with ${SCHEMES.map((one) => `${one}:`).join(", ")}`;
}
