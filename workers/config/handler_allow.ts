/** What a team's own handlers may do beyond the default, in Deno's terms. */
import { printable } from "@persistent-queue/queue";

export const HANDLER_PERMISSIONS = ["net", "env", "read", "write", "run", "sys", "ffi"] as const;

export type HandlerPermission = typeof HANDLER_PERMISSIONS[number];

/** What is allowed for each permission, as Deno takes it after the equals sign; `["*"]` = everything. */
export type HandlerAllow = Readonly<Record<HandlerPermission, readonly string[]>>;

export const NOTHING_ALLOWED: HandlerAllow = Object.freeze({
  net: [],
  env: [],
  read: [],
  write: [],
  run: [],
  sys: [],
  ffi: [],
});

const EXAMPLE = `for example HANDLER_ALLOW="net=api.example.com env=SMTP_URL"`;

/** Parses `net=a.example.com,b.example.com env=SMTP_URL`; each problem goes to `report`, as one sentence. */
export function parseHandlerAllow(text: string, report: (problem: string) => void): HandlerAllow {
  const allow: Record<HandlerPermission, string[]> = structuredClone(NOTHING_ALLOWED) as Record<
    HandlerPermission,
    string[]
  >;
  for (const word of text.split(/\s+/).filter((part) => part !== "")) {
    const equals = word.indexOf("=");
    const kind = (equals < 0 ? word : word.slice(0, equals)).replace(/^--allow-/, "");
    const values = equals < 0 ? ["*"] : word.slice(equals + 1).split(",").filter((value) => value !== "");
    if (!isPermission(kind)) {
      report(
        `HANDLER_ALLOW has ${quoted(word)}; each word is one of ${
          HANDLER_PERMISSIONS.join(", ")
        }, ${EXAMPLE}`,
      );
    } else if (values.length === 0) {
      report(`HANDLER_ALLOW has ${quoted(word)} with nothing behind the equals sign, ${EXAMPLE}`);
    } else {
      allow[kind].push(...values);
    }
  }
  return Object.freeze(allow);
}

function isPermission(kind: string): kind is HandlerPermission {
  return (HANDLER_PERMISSIONS as readonly string[]).includes(kind);
}

function quoted(word: string): string {
  return `"${printable(word, { maxLength: 60 })}"`;
}
