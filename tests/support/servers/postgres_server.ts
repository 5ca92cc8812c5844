/**
 * A PostgreSQL server for the tests of a file, with its own cluster: the one installed, or one from npm if there is none.
 * `TEST_POSTGRES=14` takes that major version from npm.
 */
import postgres from "postgres";
import { freePort } from "../processes/free_port.ts";
import { embeddedPostgres, isThereAnEmbeddedPostgres } from "./embedded_postgres.ts";
import { findProgram, runAsServer, serverFolder, type ServerProcess, startServer } from "./server_process.ts";

/** Debian has a folder for each version. The newest one is taken. */
function programFolders(): string[] {
  try {
    const versions = [...Deno.readDirSync("/usr/lib/postgresql")].map(({ name }) => Number(name));
    return versions.sort((a, b) => b - a).map((version) => `/usr/lib/postgresql/${version}/bin`);
  } catch {
    return [];
  }
}

const onThisMachine = (name: string) => findProgram(name, programFolders());

async function program(
  name: string,
  { major = Deno.env.get("TEST_POSTGRES") }: PostgresOptions = {},
): Promise<string> {
  const found = major === undefined ? onThisMachine(name) : null;
  return found ?? `${await embeddedPostgres(major)}/${name}`;
}

/** Why the tests of PostgreSQL cannot run here; null if they can. With `REQUIRE_POSTGRES=1` that is an error. */
export function whyNoPostgres(): string | null {
  const isHere = onThisMachine("postgres") !== null && onThisMachine("initdb") !== null;
  if (isHere || isThereAnEmbeddedPostgres()) return null;
  const why = "there is no PostgreSQL on this machine, and none to fetch for it";
  if (Deno.env.get("REQUIRE_POSTGRES") === "1") throw new Error(why);
  return why;
}

export interface PostgresServer extends AsyncDisposable {
  readonly port: number;
  /** The folder of its data. */
  readonly data: string;
  /** A URL of the queue in this schema. */
  url(schema?: string): string;
  /** Runs statements of the test itself. */
  sql(statements: string): Promise<readonly Record<string, unknown>[]>;
  /** Ends the server at once, as a crash does, and starts it again when `whileDown` is over. */
  crash(whileDown?: () => Promise<void>): Promise<void>;
  /** Shuts it down in the usual way, which tells its clients, and starts it again. */
  restart(whileDown?: () => Promise<void>): Promise<void>;
  /** Ends it as a crash does, and does not start it again. */
  end(): Promise<void>;
  /** Resolves when it has ended. If it ended by itself, `crash` starts it again. */
  readonly ended: Promise<void>;
  /** Stops all its processes until the returned function is called. */
  pause(): () => void;
  /** It gets no more memory until the returned function is called. */
  starve(): () => void;
}

export interface PostgresOptions {
  /** Takes this major version from npm. */
  readonly major?: string;
  /** Each commit waits for a disk. Otherwise the data is in memory, if there is room: no such test cuts the power. */
  readonly isDurable?: boolean;
  /** Where its data and its write-ahead log are. By default the data has its own folder, and the log is inside it. */
  readonly data?: string;
  readonly log?: string;
  /** Settings of the server. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Makes it a standby of this server, which is restarted for that. */
  readonly standbyOf?: PostgresServer;
}

export async function postgresServer(options: PostgresOptions = {}): Promise<PostgresServer> {
  const { isDurable = true } = options;
  const folder = await serverFolder({ inMemory: !isDurable });
  const port = freePort();
  const data = options.data ?? folder.file("data");
  await (options.standbyOf === undefined ? initialize(data, options) : copy(data, options.standbyOf));
  const settings = {
    ...{ port, listen_addresses: "127.0.0.1", unix_socket_directories: "", shared_buffers: "64MB" },
    ...options.standbyOf === undefined ? {} : { primary_conninfo: addressOf(options.standbyOf) },
    ...options.settings,
  };
  const args = [
    "-D",
    data,
    ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
  ];
  const ready = { log: folder.file("log"), isReady: /ready to accept (?:read-only )?connections/ };
  const executable = await program("postgres", options);
  const start = () => startServer(executable, args, ready);
  let server: ServerProcess = await start();
  /** One connection per call: no connection would survive what happens to the server. */
  const sql = async (statements: string) => {
    const own = postgres({
      ...{ host: "127.0.0.1", port, user: "queue", database: "postgres" },
      ...{ max: 1, max_lifetime: null, onnotice() {} },
    });
    try {
      return [...await own.unsafe(statements)];
    } finally {
      await own.end({ timeout: 1 });
    }
  };
  const again = async (signal: Deno.Signal, whileDown: () => Promise<void>) => {
    await server.end(signal);
    await whileDown();
    server = await start();
  };
  return {
    ...{ port, data },
    url: (schema = "persistent_queue") => `postgres://queue@127.0.0.1:${port}/postgres?schema=${schema}`,
    sql,
    crash: (whileDown = () => Promise.resolve()) => again("SIGQUIT", whileDown),
    restart: (whileDown = () => Promise.resolve()) => again("SIGINT", whileDown),
    end: () => server.end("SIGQUIT"),
    get ended() {
      return server.ended;
    },
    pause: () => server.pause(),
    starve: () => server.starve(),
    [Symbol.asyncDispose]: async () => {
      await server.end("SIGQUIT");
      await folder[Symbol.asyncDispose]();
    },
  };
}

async function initialize(data: string, options: PostgresOptions): Promise<void> {
  const { log, major } = options;
  if (major !== undefined) return await initdb(data, [], options);
  // Small segments, so that several fit on a small disk; a large disk gets the same.
  if (log !== undefined) return await initdb(data, [`--waldir=${log}`, "--wal-segsize=1"]);
  emptyCluster ??= makeEmptyCluster();
  await runAsServer("cp", ["-a", "--", await emptyCluster, data]);
}

async function initdb(
  data: string,
  more: readonly string[] = [],
  options: PostgresOptions = {},
): Promise<void> {
  await runAsServer(await program("initdb", options), [
    ...["-D", data, "-U", "queue", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", ...more],
  ]);
}

/** Creating a cluster takes a second of CPU time, copying one a tenth of that. */
let emptyCluster: Promise<string> | null = null;

async function makeEmptyCluster(): Promise<string> {
  const folder = await serverFolder();
  globalThis.addEventListener("unload", () => Deno.removeSync(folder.path, { recursive: true }));
  await initdb(folder.file("data"));
  return folder.file("data");
}

/**
 * Copies the server's data while it is down, and marks the copy as a standby. `pg_basebackup` would do that too, but the
 * packages from npm do not have it.
 */
async function copy(data: string, primary: PostgresServer): Promise<void> {
  await primary.restart(() => runAsServer("cp", ["-a", "--", primary.data, data]));
  await runAsServer("touch", ["--", `${data}/standby.signal`]);
}

function addressOf({ port }: PostgresServer): string {
  return `host=127.0.0.1 port=${port} user=queue`;
}
