/** From a URL to a queue: the one place that knows which backends there are. */
import { DEFAULT_RETRY_DELAYS_MS } from "./backoff.ts";
import { StorageError } from "./errors.ts";
import { Queue, type QueueOptions } from "./queue.ts";
import type { Store } from "./store.ts";
import { misreadSqliteAddress } from "./sqlite_address.ts";
import { openSqliteStore } from "./sqlite/sqlite_store.ts";

export interface OpenOptions extends Partial<QueueOptions> {
  /** `owner`: the one supervisor of the database. `guest`: a command beside it. */
  readonly role?: "owner" | "guest";
  /** Makes no database where there is none: there would be nothing in it to look at. */
  readonly mustExist?: boolean;
  /** Told the path of a database that a guest has made. */
  readonly onCreated?: (path: string) => void;
}

type StoreOptions = Required<Pick<OpenOptions, "role">> & Pick<OpenOptions, "mustExist" | "onCreated">;

type Backend = (address: string, options: StoreOptions) => Store | Promise<Store>;

/** By scheme. PostgreSQL and Redis find their place here: nothing else chooses. */
const BACKENDS: Readonly<Record<string, Backend>> = {
  sqlite: (address, options) => openSqliteStore(sqlitePath(address), options),
};

function sqlitePath(address: string): string {
  const problem = misreadSqliteAddress(address);
  if (problem !== null) throw new StorageError(`QUEUE_URL ${problem}.`);
  return address.trim();
}

/** What a URL may begin with. */
export const SCHEMES: readonly string[] = Object.keys(BACKENDS);

const DAY_MS = 86_400_000;

const DEFAULTS: QueueOptions = {
  retryDelaysMs: DEFAULT_RETRY_DELAYS_MS,
  crashLimit: 3,
  kinds: ["file"],
  handlersDir: "workers/handlers",
  stallMs: 30_000,
  retentionMs: 7 * DAY_MS,
  now: Date.now,
};

/**
 * Opens the queue at `url`, for example `sqlite:data/queue.db`.
 * @throws {StorageError} for an unknown scheme and for whatever the backend cannot open
 */
export async function getQueue(
  url: string,
  { role = "guest", mustExist = false, onCreated = () => {}, requestRecord = null, ...options }: OpenOptions =
    {},
): Promise<Queue> {
  const store = await openStore(url, role, { mustExist, onCreated });
  return new Queue(store, {
    ...DEFAULTS,
    ...options,
    // Of the one process whose death is judged.
    requestRecord: role === "owner" ? requestRecord : null,
  });
}

/** The bare store, without the queue's rules: for checks and tests. */
export async function openStore(
  url: string,
  role: "owner" | "guest",
  options: Omit<StoreOptions, "role"> = {},
): Promise<Store> {
  const [, scheme = "", address = ""] = /^([a-z]+):(.*)$/s.exec(url) ?? [];
  const backend = Object.hasOwn(BACKENDS, scheme) ? BACKENDS[scheme] : undefined;
  if (backend === undefined) {
    const known = SCHEMES.map((name) => `${name}:`).join(", ");
    throw new StorageError(
      `QUEUE_URL "${
        redact(url)
      }" names no backend that is known: use ${known} for example sqlite:data/queue.db.`,
    );
  }
  if (address === "") {
    throw new StorageError(`QUEUE_URL "${url}" lacks the place: for example sqlite:data/queue.db.`);
  }
  return await backend(address, { ...options, role });
}

/** A URL without its password. */
function redact(url: string): string {
  return url.replace(/\/\/[^@/]*@/, "//…@");
}
