/** Reads a URL of PostgreSQL, and refuses one that would be misread. */
import { isLoopbackName } from "../basics/loopback.ts";
import { StorageError } from "../errors.ts";

export interface PostgresAddress {
  /** For the driver: without the parameters that are ours. */
  readonly url: string;
  /** Where the server is, for messages: it names no user and no password. */
  readonly place: string;
  /** Holds the tables of the queue, and nothing else. */
  readonly schema: string;
}

const EXAMPLE = "for example postgres://user:password@db.example.com/jobs";
const DEFAULT_SCHEMA = "persistent_queue";
/** The driver takes `allow` for `require`, and `verify-ca` for `verify-full`. */
const TLS_MODES = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];
const SCHEMA = /^(?!pg_)[a-z_][a-z0-9_]{0,50}$/;

/** Returns what is wrong with the URL, and the right form; null for one that can be used. It shows no password. */
export function misreadPostgresAddress(text: string): string | null {
  const url = URL.parse(text.trim());
  if (url === null || url.hostname === "") return `names no host: ${EXAMPLE}`;
  if (!/^\/[^/]+$/.test(url.pathname)) return `names no database: ${EXAMPLE}`;
  if (!SCHEMA.test(url.searchParams.get("schema") ?? DEFAULT_SCHEMA)) {
    return "has a schema that is no name: use small letters, digits and _, for example ?schema=jobs";
  }
  return misreadParameters(url.searchParams);
}

/** The driver sends to the server what it does not know itself. */
function misreadParameters(parameters: URLSearchParams): string | null {
  const mode = parameters.get("sslmode");
  if (mode !== null && !TLS_MODES.includes(mode)) {
    return `has an sslmode that is none: use one of ${TLS_MODES.join(", ")}, for example ?sslmode=require`;
  }
  if (parameters.has("sslrootcert")) {
    return "names an authority by sslrootcert: set the variable DENO_CERT to the file of its certificate, and use for example ?sslmode=verify-full";
  }
  if (parameters.has("sslcert") || parameters.has("sslkey")) {
    return `names a certificate of the client, which cannot be used: give a password, ${EXAMPLE}`;
  }
  if (parameters.has("search_path")) {
    return "has a search_path: name the schema by a parameter of its own, for example ?schema=jobs";
  }
  return null;
}

/** @throws {StorageError} */
export function readAddress(text: string): PostgresAddress {
  const problem = misreadPostgresAddress(text);
  if (problem !== null) throw new StorageError(`QUEUE_URL ${problem}.`);
  const url = new URL(text.trim());
  const schema = url.searchParams.get("schema") ?? DEFAULT_SCHEMA;
  url.searchParams.delete("schema");
  return { url: url.href, place: `${url.host}${decodeURIComponent(url.pathname)}`, schema };
}

const DEFAULT_PORT = "5432";

/** Where the queue is, without a password: the same for every way to write it. */
export function postgresPlace(text: string): string {
  const { url, schema } = readAddress(text);
  const { hostname, port, pathname } = new URL(url);
  const host = isLoopbackName(hostname) ? "localhost" : hostname.toLowerCase();
  return `postgres://${host}:${port || DEFAULT_PORT}${pathname}?schema=${schema}`;
}
