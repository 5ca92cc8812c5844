/** A PostgreSQL server of the tests of a file: the machine's, with a cluster of its own. */
import postgres from "postgres";
import { freePort } from "../processes/free_port.ts";
import { findProgram, runAsServer, serverFolder, type ServerProcess, startServer } from "./server_process.ts";

/** Debian keeps each version apart. The newest one is taken. */
function programFolders(): string[] {
  try {
    const versions = [...Deno.readDirSync("/usr/lib/postgresql")].map(({ name }) => Number(name));
    return versions.sort((a, b) => b - a).map((version) => `/usr/lib/postgresql/${version}/bin`);
  } catch {
    return [];
  }
}

const program = (name: string) => findProgram(name, programFolders());

/** Why the tests of PostgreSQL cannot run here; null: they can. Where they must (`REQUIRE_POSTGRES=1`), it is an error. */
export function whyNoPostgres(): string | null {
  if (program("postgres") !== null && program("initdb") !== null) return null;
  const why = "there is no PostgreSQL on this machine";
  if (Deno.env.get("REQUIRE_POSTGRES") === "1") throw new Error(why);
  return why;
}

export interface PostgresServer extends AsyncDisposable {
  readonly port: number;
  /** A URL of the queue in this schema. */
  url(schema?: string): string;
  /** Runs statements of the test itself. */
  sql(statements: string): Promise<readonly Record<string, unknown>[]>;
  /** Ends the server at once, as a crash does, and starts it again when `whileDown` is over. */
  crash(whileDown?: () => Promise<void>): Promise<void>;
}

/** `isDurable`: each commit waits for the disk, as it does unless it is told otherwise. */
export async function postgresServer({ isDurable = true } = {}): Promise<PostgresServer> {
  const folder = await serverFolder();
  const port = freePort();
  const data = folder.file("data");
  const settings = {
    ...{ port, listen_addresses: "127.0.0.1", unix_socket_directories: "", shared_buffers: "64MB" },
    ...(isDurable ? {} : { fsync: "off", synchronous_commit: "off", full_page_writes: "off" }),
  };
  const args = [
    "-D",
    data,
    ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
  ];
  const initialize = [
    "-D",
    data,
    "-U",
    "queue",
    "--auth=trust",
    "--encoding=UTF8",
    "--locale=C",
    "--no-sync",
  ];
  await runAsServer(program("initdb") ?? "initdb", initialize);
  const ready = { log: folder.file("log"), isReady: /ready to accept connections/ };
  const start = () => startServer(program("postgres") ?? "postgres", args, ready);
  let server: ServerProcess = await start();
  const own = postgres({
    host: "127.0.0.1",
    port,
    user: "queue",
    database: "postgres",
    max: 1,
    max_lifetime: null,
    onnotice() {},
  });
  return {
    port,
    url: (schema = "persistent_queue") => `postgres://queue@127.0.0.1:${port}/postgres?schema=${schema}`,
    sql: async (statements) => [...await own.unsafe(statements)],
    crash: async (whileDown = () => Promise.resolve()) => {
      await server.end("SIGQUIT");
      await whileDown();
      server = await start();
    },
    [Symbol.asyncDispose]: async () => {
      await own.end({ timeout: 1 });
      await server.end("SIGQUIT");
      await folder[Symbol.asyncDispose]();
    },
  };
}
