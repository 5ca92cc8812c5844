/** Parses a URL of PostgreSQL, and refuses one that would be misread. */
import { StorageError } from "../errors.ts";
import { hostOf, misreadServerUrl, placeOfHost } from "../storing/server_url.ts";
import { SETTINGS } from "./settings.ts";

/** For the driver, which would truncate an IPv6 address in a URL, and does not decode the name of the database there. */
export interface Login {
  /** An IPv6 address has no brackets here. */
  readonly host: string;
  readonly port: number;
  /** Empty: the driver reads `PGUSER`. */
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

export interface PostgresAddress {
  readonly login: Login;
  /** For the driver and the server, as the query of a URL, without our own. */
  readonly parameters: string;
  /** Where the server is, for messages: without the user and the password. */
  readonly place: string;
  /** Holds the tables of the queue, and nothing else. */
  readonly schema: string;
}

const EXAMPLE = "for example postgres://user:password@db.example.com/jobs";
const DEFAULT_SCHEMA = "persistent_queue";
/** The driver treats `allow` as `require`, and `verify-ca` as `verify-full`. */
export const TLS_MODES = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];
const SCHEMA = /^(?!pg_)[a-z_][a-z0-9_]{0,50}$/;
const DEFAULT_PORT = 5432;
/**
 * Parameters that the driver would prefer to what the queue itself says, in small letters: the server does not distinguish
 * capital ones.
 */
const OUR_OWN = new Set(
  [...Object.keys(SETTINGS), "persistent_queue.store", "user", "database", "client_encoding"]
    .concat("options", "replication")
    .map((name) => name.toLowerCase()),
);

/** Returns what is wrong with the URL, and the right form; null if it can be used. Never shows the password. */
export function misreadPostgresAddress(text: string): string | null {
  const problem = misreadServerUrl(text.trim(), EXAMPLE);
  if (problem !== null) return problem;
  const url = new URL(text.trim());
  if (!/^\/[^/]+$/.test(url.pathname)) return `names no database: ${EXAMPLE}`;
  if (!SCHEMA.test(url.searchParams.get("schema") ?? DEFAULT_SCHEMA)) {
    return "has an invalid schema name: use up to 51 small letters, digits and _, with no digit and no pg_ at the beginning, for example ?schema=jobs";
  }
  return misreadParameters(url.searchParams);
}

/** The driver sends parameters that it does not know on to the server. */
function misreadParameters(parameters: URLSearchParams): string | null {
  const mode = parameters.get("sslmode");
  if (mode !== null && !TLS_MODES.includes(mode)) {
    return `has an unknown sslmode: use one of ${TLS_MODES.join(", ")}, for example ?sslmode=require`;
  }
  if (parameters.has("sslrootcert")) {
    return "names a certificate authority in sslrootcert: set the variable DENO_CERT to the file of its certificate, and use for example ?sslmode=verify-full";
  }
  if (parameters.has("sslcert") || parameters.has("sslkey")) {
    return `names a client certificate, which is not supported: give a password, ${EXAMPLE}`;
  }
  if (!/^(read-write|primary)?$/.test(parameters.get("target_session_attrs") ?? "")) {
    return "has a target_session_attrs that does not fit a queue, which writes: take it out, or use for example ?target_session_attrs=read-write";
  }
  const names = [...parameters.keys()];
  if (names.some((name) => name.toLowerCase() === "search_path")) {
    return "has a search_path: name the schema by a parameter of its own, for example ?schema=jobs";
  }
  const ours = names.find((name) => OUR_OWN.has(name.toLowerCase()));
  return ours === undefined
    ? null
    : `has the parameter ${ours}, which the queue sets itself: take it out, ${EXAMPLE}`;
}

/** @throws {StorageError} */
export function readAddress(text: string): PostgresAddress {
  const problem = misreadPostgresAddress(text);
  if (problem !== null) throw new StorageError(`QUEUE_URL ${problem}.`);
  const url = new URL(text.trim());
  const schema = url.searchParams.get("schema") ?? DEFAULT_SCHEMA;
  url.searchParams.delete("schema");
  const database = decodeURIComponent(url.pathname.slice(1));
  const login = {
    ...{ host: hostOf(url), port: Number(url.port || DEFAULT_PORT), database },
    ...{ user: decodeURIComponent(url.username), password: decodeURIComponent(url.password) },
  };
  return { login, parameters: url.searchParams.toString(), place: `${url.host}/${database}`, schema };
}

/** Where the queue is, without a password: the same for every spelling of the URL. */
export function postgresPlace(text: string): string {
  const { login: { host, port, database }, schema } = readAddress(text);
  return `postgres://${placeOfHost(host)}:${port}/${encodeURIComponent(database)}?schema=${schema}`;
}
