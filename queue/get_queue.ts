/** Opens a queue from a URL: the one place that knows the backends. */
import { resolve } from "node:path";
import { StorageError } from "./errors.ts";
import { GUEST_DEFAULTS, QUEUE_DEFAULTS, type QueueOptions } from "./options.ts";
import { Queue } from "./queue.ts";
import type { Store } from "./store.ts";
import { misreadPostgresAddress, postgresPlace, TLS_MODES } from "./postgres/address.ts";
import { misreadRedisAddress, redisPlace } from "./redis/address.ts";
import { misreadSqliteAddress, realSqlitePath } from "./sqlite/address.ts";
import { openSqliteStore } from "./sqlite/open_store.ts";
import { waitForLock } from "./sqlite/owner_lock.ts";

export interface OpenOptions extends Partial<QueueOptions> {
  /** The store's clock, in milliseconds since 1970; the machine's unless given. */
  readonly now?: () => number;
  /** `owner`: the one supervisor of the database. `guest`: a command or a program beside it. */
  readonly role?: "owner" | "guest";
  /** An owner of a shared queue joins when it opens, not only when it recovers, so that a copy into it sees the owner. */
  readonly joins?: boolean;
  /** Does not create a missing database, in which there would be nothing to see. */
  readonly mustExist?: boolean;
  /** Called with the path of a database that a guest has created. */
  readonly onCreated?: (path: string) => void;
  /** Called with the reason if another owner has the queue to itself: opening waits a few seconds for it to end. */
  readonly onHeld?: (why: string) => void;
}

type StoreOptions =
  & Required<Pick<OpenOptions, "role">>
  & Pick<OpenOptions, "mustExist" | "onCreated" | "onHeld">
  & { readonly clock?: () => number };

interface Backend {
  open(url: string, options: StoreOptions): Store | Promise<Store>;
  /** What is wrong with the URL, phrased to follow the name of the setting; null if it can be opened. */
  misread(url: string): string | null;
  /**
   * Whether the URL was made from a text that was checked where it was given. The folder of the start is then a part of
   * it, and that may have any name.
   */
  isMade?(url: string): boolean;
  /** Where the queue is: the same text however the URL is spelled, and without a password. */
  placeOf(url: string): string;
  /** The owner's lock, on backends that have one; `taken` if an owner holds it. */
  lock?(url: string): Promise<Disposable | "taken">;
}

const sqlite: Backend = {
  open: (url, options) => openSqliteStore(placeOf(url).trim(), options),
  misread: (url) => misreadSqliteAddress(placeOf(url)),
  isMade: (url) => placeOf(url) === resolve(placeOf(url)),
  placeOf: (url) => realSqlitePath(placeOf(url).trim()),
  lock: async (url) => await waitForLock(placeOf(url).trim()) ?? "taken",
};

/** The driver is loaded only where it is used. */
const postgres: Backend = {
  open: async (url, options) => (await import("./postgres/open_store.ts")).openPostgresStore(url, options),
  misread: misreadPostgresAddress,
  placeOf: postgresPlace,
};

const redis: Backend = {
  open: async (url, options) => (await import("./redis/open_store.ts")).openRedisStore(url, options),
  misread: misreadRedisAddress,
  placeOf: redisPlace,
};

/** Backends by scheme: nothing else chooses one. */
const BACKENDS: Readonly<Record<string, Backend>> = {
  sqlite,
  postgres,
  postgresql: postgres,
  redis,
  rediss: redis,
};

const schemeOf = (url: string) => /^[a-z][a-z0-9+.-]*(?=:)/i.exec(url.trim())?.[0].toLowerCase();
const placeOf = (url: string) => url.slice(url.indexOf(":") + 1);

/** The allowed values of `sslmode` in a PostgreSQL URL. */
export const POSTGRES_TLS_MODES: readonly string[] = TLS_MODES;

/** Returns what is wrong with the URL of a queue, phrased to follow the name of the setting; null if it can be opened. */
export function misreadQueueUrl(url: string): string | null {
  const scheme = schemeOf(url);
  if (scheme === undefined) return "does not look like a URL: it must begin with a scheme and a colon";
  const backend = Object.hasOwn(BACKENDS, scheme) ? BACKENDS[scheme] : undefined;
  if (backend !== undefined) return backend.misread(url);
  const known = Object.keys(BACKENDS).map((name) => `${name}:`).join(", ");
  return `names no backend that is known: it must begin with ${known}`;
}

/**
 * Opens the queue at `url`, for example `sqlite:data/queue.db` or `postgres://user:password@db.example.com/jobs`.
 * @throws {StorageError} for an unknown scheme, if the backend cannot open the store, and for a copy that is not
 * complete
 */
export async function getQueue(
  url: string,
  {
    role = "guest",
    joins = false,
    mustExist = false,
    onCreated = () => {},
    onHeld = () => {},
    requestRecord = null,
    now,
    ...options
  }: OpenOptions = {},
): Promise<Queue> {
  const store = await openStore(url, role, {
    mustExist,
    onCreated,
    onHeld,
    ...(now === undefined ? {} : { clock: now }),
  });
  const queue = new Queue(store, {
    ...(role === "owner" ? QUEUE_DEFAULTS : GUEST_DEFAULTS),
    ...options,
    isGuest: role === "guest",
    // Only the owner keeps this record, because only its death is judged by it.
    requestRecord: role === "owner" ? requestRecord : null,
  });
  try {
    await queue.enter({ joins });
    return queue;
  } catch (error) {
    await queue.close();
    throw error;
  }
}

/** The bare store, without the queue's rules: for checks and tests. @throws {StorageError} */
export async function openStore(
  url: string,
  role: "owner" | "guest",
  options: Omit<StoreOptions, "role"> = {},
): Promise<Store> {
  return await backendOf(url).open(url, { ...options, role });
}

/** Where the queue is, without a password: two URLs of the same queue give the same place, as far as names tell. */
export function placeOfQueue(url: string): string {
  return backendOf(url).placeOf(url);
}

/**
 * Takes the owner's lock, which keeps supervisors out until it is disposed. Returns `taken` if an owner holds it, and
 * `none` on a backend without such a lock.
 */
export async function keepSupervisorsOut(url: string): Promise<Disposable | "taken" | "none"> {
  return await backendOf(url).lock?.(url) ?? "none";
}

/** @throws {StorageError} */
function backendOf(url: string): Backend {
  const backend = BACKENDS[schemeOf(url) ?? ""];
  const problem = backend?.isMade?.(url) ? null : misreadQueueUrl(url);
  if (problem !== null || backend === undefined) throw new StorageError(`QUEUE_URL ${problem}.`);
  return backend;
}
