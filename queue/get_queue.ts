/** Opens a queue from a URL: the one place that knows the backends. */
import { StorageError } from "./errors.ts";
import { QUEUE_DEFAULTS, type QueueOptions } from "./options.ts";
import { Queue } from "./queue.ts";
import type { Store } from "./store.ts";
import { misreadSqliteAddress } from "./sqlite/address.ts";
import { openSqliteStore } from "./sqlite/open_store.ts";

export interface OpenOptions extends Partial<QueueOptions> {
  /** The store's clock, in milliseconds since 1970; the machine's unless given. */
  readonly now?: () => number;
  /** `owner`: the one supervisor of the database. `guest`: a command beside it. */
  readonly role?: "owner" | "guest";
  /** Does not create a missing database, because there would be nothing to see in it. */
  readonly mustExist?: boolean;
  /** Called with the path of a database that a guest has created. */
  readonly onCreated?: (path: string) => void;
}

type StoreOptions =
  & Required<Pick<OpenOptions, "role">>
  & Pick<OpenOptions, "mustExist" | "onCreated">
  & { readonly clock?: () => number };

type Backend = (address: string, options: StoreOptions) => Store | Promise<Store>;

/** Backends by scheme. PostgreSQL and Redis would be added here: nothing else chooses a backend. */
const BACKENDS: Readonly<Record<string, Backend>> = {
  sqlite: (address, options) => openSqliteStore(sqlitePath(address), options),
};

function sqlitePath(address: string): string {
  const problem = misreadSqliteAddress(address);
  if (problem !== null) throw new StorageError(`QUEUE_URL ${problem}.`);
  return address.trim();
}

export { misreadSqliteAddress };

/** The schemes that a URL may have. */
export const SCHEMES: readonly string[] = Object.keys(BACKENDS);

/**
 * Opens the queue at `url`, for example `sqlite:data/queue.db`.
 * @throws {StorageError} for an unknown scheme, and if the backend cannot open the store
 */
export async function getQueue(
  url: string,
  { role = "guest", mustExist = false, onCreated = () => {}, requestRecord = null, now, ...options }:
    OpenOptions = {},
): Promise<Queue> {
  const store = await openStore(url, role, {
    mustExist,
    onCreated,
    ...(now === undefined ? {} : { clock: now }),
  });
  return new Queue(store, {
    ...QUEUE_DEFAULTS,
    ...options,
    // Only the owner keeps this record: its death is the one that is judged.
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
