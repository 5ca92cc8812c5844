/** What a team's own handlers may do beyond the default, in Deno's terms. */
import { quoted, type Setting, UNSET } from "./setting.ts";

export const HANDLER_PERMISSIONS = ["net", "env", "read", "write", "run", "sys", "ffi"] as const;

export type HandlerPermission = typeof HANDLER_PERMISSIONS[number];

/** The allowed values of each permission, as Deno takes them after the equals sign; `["*"]` = everything. */
export type HandlerAllow = Readonly<Record<HandlerPermission, readonly string[]>>;

export const NOTHING_ALLOWED: HandlerAllow = Object.freeze(nothing());

function nothing(): Record<HandlerPermission, string[]> {
  return { net: [], env: [], read: [], write: [], run: [], sys: [], ffi: [] };
}

/** `net=a.example.com,b.example.com env=SMTP_URL`. */
export function handlerAllow<const Name extends string>(
  name: Name,
  { means }: { readonly means: string },
): Setting<Name, HandlerAllow> {
  return {
    ...{ name, defaultText: UNSET, limits: "permissions as Deno names them", means },
    parse: ({ text, reject }) =>
      text === null
        ? NOTHING_ALLOWED
        : parseHandlerAllow(text, (problem) =>
          reject(`${name} ${problem}, for example ${name}="net=api.example.com env=SMTP_URL"`)),
  };
}

function parseHandlerAllow(text: string, report: (problem: string) => void): HandlerAllow {
  const allow = nothing();
  for (const word of text.split(/\s+/).filter((part) => part !== "")) {
    const equals = word.indexOf("=");
    const kind = (equals < 0 ? word : word.slice(0, equals)).replace(/^--allow-/, "");
    const values = equals < 0 ? ["*"] : word.slice(equals + 1).split(",").filter((value) => value !== "");
    if (!isPermission(kind)) {
      report(`has ${quoted(word)}; each word is one of ${HANDLER_PERMISSIONS.join(", ")}`);
    } else if (values.length === 0) {
      report(`has ${quoted(word)} with nothing after the equals sign`);
    } else {
      allow[kind].push(...values);
    }
  }
  return Object.freeze(allow);
}

function isPermission(kind: string): kind is HandlerPermission {
  return (HANDLER_PERMISSIONS as readonly string[]).includes(kind);
}
