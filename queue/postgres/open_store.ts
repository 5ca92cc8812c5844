/** Opens the queue of a schema on a PostgreSQL server. A schema that is not certainly ours is refused with an error. */
import { StorageError } from "../errors.ts";
import type { Store } from "../store.ts";
import { readAddress } from "./address.ts";
import { Client } from "./client.ts";
import { OLDEST_SERVER, POOLER_DROPS } from "./faults.ts";
import { assertCurrent, hasQueue, migrate } from "./migrations.ts";
import { PostgresStore } from "./postgres_store.ts";
import { serverTime } from "./read.ts";
import { ServerClock } from "../basics/server_clock.ts";
import { Session } from "./session.ts";
import { withVariables } from "./variables.ts";

export interface OpenOptions {
  /** `owner`: a supervisor, one of any number. `guest`: a command beside them. */
  readonly role: "owner" | "guest";
  /** Milliseconds since 1970; the server's clock unless given. */
  readonly clock?: () => number;
  /** Does not create what is missing. */
  readonly mustExist?: boolean;
}

/** Two for the writes of a turn, which overlap, and two for the pages. */
const CONNECTIONS = 4;
const GUEST_CONNECTIONS = 1;

/** @throws {StorageError} */
export async function openPostgresStore(
  url: string,
  { role, clock, mustExist = false }: OpenOptions,
): Promise<Store> {
  const address = readAddress(withVariables(url));
  const session = new Session(address);
  const connections = role === "owner" ? CONNECTIONS : GUEST_CONNECTIONS;
  const client = new Client(address, { connections, name: session.name });
  const serverClock = new ServerClock(clock ?? null, null);
  try {
    await assertServer(client, { name: session.name, place: address.place });
    const mayCreate = !mustExist && !await hasQueue(client, address.schema);
    // The supervisors rely on their schema, so a command beside them does not migrate it.
    if (role === "owner" || mayCreate) await migrate(client, address.schema);
    else await assertCurrent(client, address.schema);
    await session.ensureListening();
    await serverClock.look(() => serverTime(client));
    return new PostgresStore({ client, session, clock: serverClock });
  } catch (error) {
    await Promise.all([client.close(), session.close()]);
    throw error;
  }
}

async function assertServer(
  client: Client,
  { name, place }: { readonly name: string; readonly place: string },
): Promise<void> {
  const [row] = await client.query(
    `SELECT current_setting('server_version') AS version, current_setting('server_encoding') AS encoding,
      current_setting('persistent_queue.store', true) AS store`,
    [],
  );
  const version = String(row?.version);
  if (Number.parseInt(version) < OLDEST_SERVER) {
    throw new StorageError(`PostgreSQL ${version} is too old: use ${OLDEST_SERVER} or newer.`);
  }
  // Without our settings the tables would end up in another schema, and a commit might not wait for the disk.
  if (row?.store !== name) {
    throw new StorageError(`${POOLER_DROPS} (${place}).`, { publicMessage: `${POOLER_DROPS}.` });
  }
  if (row?.encoding !== "UTF8") {
    throw new StorageError(
      `The database stores text as ${row?.encoding}, which cannot hold every id: create one with the encoding UTF8.`,
    );
  }
}
