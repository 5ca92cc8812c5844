/** What happens to a PostgreSQL server. */
import postgres from "postgres";
import { smallDisk } from "../../support/damage/full_disk.ts";
import { eventually } from "../../support/eventually.ts";
import {
  type PostgresOptions,
  type PostgresServer,
  postgresServer,
} from "../../support/servers/postgres_server.ts";
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

/** The system's user: the limits of a role do not hold for a superuser. */
const ROLE = "worker";
const MAX_CONNECTIONS = 8;
const DISK_MB = 64;
const LOG_DISK_MB = 12;
/** Long enough to be noticed. */
const FULL_MS = 1_500;
const BALLAST = 1_500;

/** The server, with a user like that of a real system. */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const server = await postgresServer(options);
  if (options.standbyOf === undefined) {
    await server.sql(
      `CREATE ROLE ${ROLE} LOGIN PASSWORD '${PASSWORD}'; GRANT CREATE ON DATABASE postgres TO ${ROLE}`,
    );
  }
  return {
    ...server,
    get ended() {
      return server.ended;
    },
    url: (schema) => server.url(schema).replace("//queue@", `//${ROLE}:${PASSWORD}@`),
  };
}

export const ON_POSTGRES: Misfortunes<PostgresServer> = {
  ...onAnyServer<PostgresServer>({ ofSilence: /does not answer/ }),
  "without a free connection": onShared((server) => ({
    says: /no connection left/,
    strike: async ({ relay }) => {
      await server.sql(`ALTER ROLE ${ROLE} CONNECTION LIMIT ${MAX_CONNECTIONS}`);
      relay.cut();
      const foreign = await takeAllConnections(server.url());
      relay.mend();
      await sleep(FULL_MS);
      await foreign.end();
      await server.sql(`ALTER ROLE ${ROLE} CONNECTION LIMIT -1`);
    },
  })),
  "read-only": onShared((server) => ({
    says: /takes no writes here/,
    strike: async () => {
      const set = (value: string) =>
        server.sql(`ALTER SYSTEM SET default_transaction_read_only = ${value}`).then(() =>
          server.sql("SELECT pg_reload_conf()")
        );
      await set("on");
      await sleep(FULL_MS);
      await set("off");
    },
  })),
  "out of memory": onShared((server) => ({
    says: /PostgreSQL is out of memory/,
    strike: async ({ relay }) => {
      const feed = server.starve();
      // An open session already has the memory that small jobs need.
      relay.cut();
      relay.mend();
      await sleep(FULL_MS);
      feed();
      await revive(server, () => server.sql("SELECT 1"));
    },
  })),
};

export const ON_PAIR_OF_POSTGRES: OwnMisfortunes = {
  "replaced by its standby": () => failover(startPair),
};

/** Misfortunes that need a small disk. */
export const ON_SMALL_DISK_OF_POSTGRES: OwnMisfortunes = {
  "with a full disk": () =>
    onSmallDisk(DISK_MB, ({ disk, folder }) => ({ data: `${disk}/data`, log: `${folder}/log` })),
  "with a full disk of its log": () =>
    onSmallDisk(LOG_DISK_MB, ({ disk, folder }) => ({ data: `${folder}/data`, log: `${disk}/log` })),
};

async function takeAllConnections(url: string): Promise<{ end(): Promise<void> }> {
  const { port } = new URL(url);
  const sql = postgres({
    ...{ host: "127.0.0.1", port: Number(port), user: ROLE, database: "postgres" },
    ...{ max: MAX_CONNECTIONS, max_lifetime: null },
  });
  const take = () => Promise.all(Array.from({ length: MAX_CONNECTIONS }, () => sql`SELECT pg_sleep(0.02)`));
  // Repeats until the server has noticed that the system's connections are gone.
  await eventually("all connections are taken", () => take().then(() => true, () => false));
  return { end: () => sql.end({ timeout: 1 }) };
}

async function startPair(): Promise<Pair<PostgresServer>> {
  const primary = await startPostgres();
  const replica = await startPostgres({ standbyOf: primary });
  await primary.sql("ALTER SYSTEM SET synchronous_standby_names = '*'");
  await primary.sql("SELECT pg_reload_conf()");
  return {
    ...{ primary, replica, isSynchronous: true, catchUp: () => Promise.resolve() },
    promote: async () => void await replica.sql("SELECT pg_promote()"),
  };
}

/** Fills file after file of the write-ahead log. */
async function fillLog(server: PostgresServer): Promise<void> {
  for (let n = 0; n < LOG_DISK_MB; n++) {
    const isWritten = await server.sql("SELECT pg_logical_emit_message(true, 'fill', repeat('x', 1000000))")
      .then(() => true, () => false);
    if (!isWritten) return;
  }
}

/** Fills the disk with the data or the log: PostgreSQL refuses what needs room, or crashes. */
async function onSmallDisk(
  megabytes: number,
  placesOn: (at: { readonly disk: string; readonly folder: string }) => PostgresOptions,
): Promise<Scene> {
  const folder = await serverFolder();
  await Deno.mkdir(folder.file("disk"));
  const disk = await smallDisk(folder.file("disk"), megabytes);
  const server = await startPostgres(placesOn({ disk: disk.path, folder: folder.path }));
  return {
    ...{ port: server.port, url: (name: string) => server.url(name), ballast: BALLAST },
    says: /disk of PostgreSQL is full|has crashed|cannot be reached|is starting/,
    strike: async () => {
      disk.fill();
      await fillLog(server);
      await sleep(FULL_MS);
      disk.makeRoom();
      await revive(server, () => server.sql("SELECT 1"));
      return [];
    },
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      await disk[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}
