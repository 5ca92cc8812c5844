/** Opens the queue of a prefix on a Redis server. A prefix that is not certainly ours is refused with an error. */
import { StorageError } from "../errors.ts";
import type { Store } from "../store.ts";
import { readAddress } from "./address.ts";
import { Client } from "./client.ts";
import { DurabilityWatch } from "./durability.ts";
import { RedisStore } from "./redis_store.ts";
import { ServerClock } from "../basics/server_clock.ts";
import { items } from "./replies.ts";
import { tooOld } from "./server_version.ts";
import { Session } from "./session.ts";
import { VERSION } from "./lua_tables.ts";

export interface OpenOptions {
  /** `owner`: a supervisor, one of any number. `guest`: a command beside them. */
  readonly role: "owner" | "guest";
  /** Milliseconds since 1970; the server's clock unless given. */
  readonly clock?: () => number;
  /** Does not create what is missing. */
  readonly mustExist?: boolean;
}

/** @throws {StorageError} */
export async function openRedisStore(
  url: string,
  { role, clock, mustExist = false }: OpenOptions,
): Promise<Store> {
  const session = new Session();
  const client = new Client(readAddress(url), {
    onMessage: (text) => session.hear(text),
    onListening: () => session.noteChange(),
  });
  const durability = new DurabilityWatch();
  const serverClock = new ServerClock(clock ?? null, "");
  try {
    await client.open();
    await assertServer(client);
    await assertVersion(client, { role, mustExist });
    await durability.look(client);
    const store = new RedisStore({ client, session, durability, clock: serverClock });
    await store.probe();
    return store;
  } catch (error) {
    await client.close();
    throw error;
  }
}

async function assertServer(client: Client): Promise<void> {
  const info = await client.command("INFO", "server").then(String).catch(() => "");
  const problem = tooOld(info);
  if (problem !== null) throw new StorageError(problem);
}

async function assertVersion(
  client: Client,
  { role, mustExist }: Required<Pick<OpenOptions, "role" | "mustExist">>,
): Promise<void> {
  const found = await client.command("GET", client.key("version"));
  if (found === null && mustExist) {
    throw new StorageError(
      `Redis at ${client.place} holds no queue of this prefix: check QUEUE_URL, or start the system once, which makes one.`,
    );
  }
  const [version, foreign] = found === null ? items(await client.run("begin", [])) : [found];
  if (!/^[1-9]\d*$/.test(String(version))) throw belongsToAnother(client.key(String(foreign ?? "version")));
  assertKnown(Number(version), client);
  // The supervisors rely on the version that is there, so a command beside them does not change it.
  if (role === "guest") assertCurrent(Number(version), client);
  else await upgrade(client, Number(version));
}

/**
 * Other processes may upgrade at the same time: each call is one step. Suspects that a process of the earlier release, still
 * running, puts in the old place are found by each later start.
 */
async function upgrade(client: Client, from: number): Promise<void> {
  const isOld = from < VERSION || await client.command("EXISTS", client.key("suspects")) === 1;
  for (let version = isOld ? 0 : VERSION; version < VERSION;) {
    version = Number(await client.run("upgrade", []));
  }
}

/** A prefix under which another program has one of our keys is refused, never adopted. */
function belongsToAnother(key: string): StorageError {
  const prefix = key.slice(1, key.indexOf("}"));
  return new StorageError(
    `The prefix "${prefix}" belongs to another program, which has the key ${key}: name one of its own in QUEUE_URL, for example ?prefix=jobs.`,
  );
}

function assertKnown(version: number, { place }: Client): void {
  if (version <= VERSION) return;
  throw new StorageError(
    `The queue on Redis at ${place} was made by a newer release (${version}, this one knows ${VERSION}): upgrade this program.`,
  );
}

function assertCurrent(version: number, { place }: Client): void {
  if (version === VERSION) return;
  throw new StorageError(
    `The queue on Redis at ${place} was made by an older release (${version}, this one has ${VERSION}): start the system once, which brings it up to date.`,
  );
}
