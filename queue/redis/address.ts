/** Parses a URL of Redis, and refuses one that would be misread. */
import { StorageError } from "../errors.ts";
import { hostOf, misreadServerUrl, placeOfHost } from "../storing/server_url.ts";

export interface RedisAddress {
  /** For the driver: without our own parameters. */
  readonly url: string;
  /** Where the server is, for messages: without the user and the password. */
  readonly place: string;
  /** The first key of every script: the part in braces decides where a cluster keeps all keys. */
  readonly name: string;
  /** The channel of the queue. The server has the same channels in all its databases. */
  readonly channel: string;
}

const EXAMPLE = "for example redis://user:password@redis.example.com/0";
const DEFAULT_PREFIX = "persistent-queue";
const PREFIX = /^[a-z0-9_-]{1,50}$/;

/** Returns what is wrong with the URL, and the right form; null if it can be used. Never shows the password. */
export function misreadRedisAddress(text: string): string | null {
  const problem = misreadServerUrl(text.trim(), EXAMPLE);
  if (problem !== null) return problem;
  const url = new URL(text.trim());
  if (!/^\/?\d{0,4}$/.test(url.pathname)) {
    return `names a database that is not a number: ${EXAMPLE}`;
  }
  // A misspelt one would lead to another queue.
  if ([...url.searchParams.keys()].some((name) => name !== "prefix")) {
    return "has an unknown parameter: the only one is the prefix of the keys, for example ?prefix=jobs";
  }
  if (!PREFIX.test(url.searchParams.get("prefix") ?? DEFAULT_PREFIX)) {
    return "has an invalid prefix: use up to 50 small letters, digits, _ and -, for example ?prefix=jobs";
  }
  return null;
}

/** @throws {StorageError} */
export function readAddress(text: string): RedisAddress {
  const problem = misreadRedisAddress(text);
  if (problem !== null) throw new StorageError(`QUEUE_URL ${problem}.`);
  const url = new URL(text.trim());
  const prefix = url.searchParams.get("prefix") ?? DEFAULT_PREFIX;
  url.search = "";
  const name = `{${prefix}}`;
  const database = databaseOf(url);
  const channel = `${name}:changes${database === 0 ? "" : `:${database}`}`;
  return { url: url.href, place: `${url.host}${url.pathname}`, name, channel };
}

const DEFAULT_PORT = "6379";

/** Where the queue is, without a password: the same for every spelling of the URL. */
export function redisPlace(text: string): string {
  const { url, name } = readAddress(text);
  const server = new URL(url);
  const place = `${placeOfHost(hostOf(server))}:${server.port || DEFAULT_PORT}`;
  return `redis://${place}/${databaseOf(server)}?prefix=${name.slice(1, -1)}`;
}

function databaseOf({ pathname }: URL): number {
  return Number(pathname.slice(1));
}
