/** What happens to a Redis server. */
import { smallDisk } from "../../support/damage/full_disk.ts";
import { eventually } from "../../support/eventually.ts";
import { type RedisServer, redisServer } from "../../support/servers/redis_server.ts";
import { serverFolder } from "../../support/servers/server_process.ts";
import { onAnyServer } from "./on_any_server.ts";
import { failover, type Pair } from "./pair.ts";
import {
  type Misfortunes,
  onShared,
  type OwnMisfortunes,
  PASSWORD,
  revive,
  type Scene,
  sleep,
} from "./scene.ts";

const MAX_CONNECTIONS = 8;
const DISK_MB = 4;
/** Long enough to be noticed. */
const FULL_MS = 1_500;
/** A port on which no server listens. */
const NO_PORT = "1";

/** The server accepts any password, as long as no user has one. */
export async function startRedis(settings: Readonly<Record<string, string>> = {}): Promise<RedisServer> {
  const server = await redisServer(settings);
  return {
    ...server,
    get ended() {
      return server.ended;
    },
    url: (prefix) => server.url(prefix).replace("//", `//default:${PASSWORD}@`),
  };
}

export const ON_REDIS: Misfortunes<RedisServer> = {
  ...onAnyServer<RedisServer>({ ofSilence: /does not answer/ }),
  "without a free connection": onShared((server) => ({
    says: /no connection left|cannot be reached/,
    strike: async ({ relay }) => {
      relay.cut();
      await server.command("CONFIG", "SET", "maxclients", String(MAX_CONNECTIONS));
      const foreign = await takeAllConnections(server.port);
      relay.mend();
      await sleep(FULL_MS);
      for (const connection of foreign) connection.close();
      await eventually(
        "a connection is free",
        () => server.command("CONFIG", "SET", "maxclients", "10000").then(() => true, () => false),
      );
    },
  })),
  "read-only": onShared((server) => ({
    says: /takes no writes here/,
    strike: async () => {
      await server.command("REPLICAOF", "127.0.0.1", NO_PORT);
      await sleep(FULL_MS);
      await server.command("REPLICAOF", "NO", "ONE");
    },
  })),
  "with full memory": onShared((server) => ({
    says: /memory of Redis is full/,
    strike: async () => {
      await server.command("CONFIG", "SET", "maxmemory", "1mb");
      await sleep(FULL_MS);
      await server.command("CONFIG", "SET", "maxmemory", "0");
    },
  })),
};

export const ON_PAIR_OF_REDIS: OwnMisfortunes = {
  "replaced by its replica": () => failover(startPair),
};

/** Misfortunes that need a small disk. */
export const ON_SMALL_DISK_OF_REDIS: OwnMisfortunes = {
  // Redis refuses writes, and keeps what it has not written yet.
  "with a full disk": () => onSmallDisk({ appendfsync: "everysec" }),
  // Redis exits.
  "with a full disk, each write synced": () => onSmallDisk({ appendfsync: "always" }),
};

async function takeAllConnections(port: number): Promise<Deno.TcpConn[]> {
  const taken: Deno.TcpConn[] = [];
  while (taken.length < 2 * MAX_CONNECTIONS) taken.push(await Deno.connect({ hostname: "127.0.0.1", port }));
  return taken;
}

async function startPair(): Promise<Pair<RedisServer>> {
  // A new replica is served at once.
  const primary = await startRedis({ "repl-diskless-sync-delay": "0" });
  const replica = await startRedis();
  await replica.command("REPLICAOF", "127.0.0.1", String(primary.port));
  const offsetOf = async (server: RedisServer, name: string) =>
    Number(new RegExp(`^${name}:(\\d+)`, "m").exec(String(await server.command("INFO", "replication")))?.[1]);
  const catchUp = async () => {
    const written = await offsetOf(primary, "master_repl_offset");
    const hasAll = async () => (await offsetOf(replica, "slave_repl_offset")) >= written;
    await eventually("the replica has all", hasAll);
  };
  const isLinked = async () =>
    /^master_link_status:up/m.test(String(await replica.command("INFO", "replication")));
  await eventually("the replica follows", isLinked);
  return {
    ...{ primary, replica, isSynchronous: false, catchUp },
    promote: async () => void await replica.command("REPLICAOF", "NO", "ONE"),
  };
}

async function onSmallDisk(settings: Readonly<Record<string, string>>): Promise<Scene> {
  const folder = await serverFolder();
  await Deno.mkdir(folder.file("disk"));
  const disk = await smallDisk(folder.file("disk"), DISK_MB);
  const server = await startRedis({ dir: disk.path, ...settings });
  return {
    ...{ port: server.port, url: (name: string) => server.url(name) },
    says: /cannot write to its disk|cannot be reached/,
    strike: async () => {
      disk.fill();
      await sleep(FULL_MS);
      disk.makeRoom();
      await revive(server, () => server.command("PING"));
      return [];
    },
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      await disk[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}
