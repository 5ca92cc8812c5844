/** What a team's own handlers may do beyond the default, in Deno's terms. */
import { messageOf } from "@persistent-queue/queue";
import { hostOf, leadsToPages, ownAddresses } from "./own_pages.ts";
import { isOnServer } from "./queue_place.ts";
import { quoted, type Setting, UNSET } from "./setting.ts";
import type { SettingReader } from "./setting_reader.ts";
import type { Settings } from "./settings.ts";

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
      for (const value of values) {
        const problem = whyInvalid(kind, value);
        if (problem !== null) report(`has ${quoted(`${kind}=${value}`)}: ${problem}`);
        else allow[kind].push(value);
      }
    }
  }
  return Object.freeze(allow);
}

const VALUE_NAMES = {
  net: "host",
  env: "variable",
  read: "path",
  write: "path",
  run: "command",
  sys: "kind",
  ffi: "path",
} as const;

/** `value`: `*` = everything. */
export function describePermission(kind: HandlerPermission, value: string): Deno.PermissionDescriptor {
  const wanted = value === "*" ? { name: kind } : { name: kind, [VALUE_NAMES[kind]]: value };
  return wanted as Deno.PermissionDescriptor;
}

/** Deno takes networks (`10.0.0.0/8`) too, but gives no thread one. */
const ADDRESS = /^(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(\d{1,5}))?$/i;

/** What Deno would refuse: otherwise the start would end with its words, and without the name of the setting. */
function whyInvalid(kind: HandlerPermission, value: string): string | null {
  const port = Number(ADDRESS.exec(value)?.[1] ?? 0);
  if (kind === "net" && value !== "*" && (!ADDRESS.test(value) || port > 65_535)) {
    return "it must be a host, or host:port, without scheme, wildcard or network";
  }
  try {
    // A process that may do everything is not told; then only Deno's own start of the next one says so.
    Deno.permissions.querySync(describePermission(kind, value));
    return null;
  } catch (error) {
    return messageOf(error);
  }
}

/** The pages are closed to handlers, so no thread can be given what leads there, or all ports of their host. */
export function checkHandlerAllow(settings: Omit<Settings, "warnings">, reader: SettingReader): void {
  const taken = settings.handlerAllow.net.find((value) => leadsToPages(value, settings));
  if (taken === undefined || !reader.areSound("HANDLER_ALLOW", "HOST", "MANAGER_PORT", "OPS_PORT")) return;
  reader.reject(
    "HANDLER_ALLOW",
    `HANDLER_ALLOW has ${quoted(`net=${taken}`)}, but this system's own pages at ${
      ownAddresses(settings).join(" and ")
    } are closed to ` +
      `handlers: name the port of the other service, for example HANDLER_ALLOW="net=${hostOf(taken)}:5432"`,
  );
}

/** Only everything cannot be granted without the database. */
export function openDatabaseWarnings({ handlerAllow, queueUrl }: Omit<Settings, "warnings">): string[] {
  const kinds = (["read", "write"] as const).filter((kind) => handlerAllow[kind].includes("*"));
  if (isOnServer({ queueUrl })) return [];
  return kinds.map((kind) =>
    `HANDLER_ALLOW has a bare ${kind}, so a handler can open the database, and the system loses its locks then: name ` +
    `the folders that handlers need, as in ${kind}=/srv/input`
  );
}

function isPermission(kind: string): kind is HandlerPermission {
  return (HANDLER_PERMISSIONS as readonly string[]).includes(kind);
}
