/** A PgBouncer of a test, before a PostgreSQL server. */
import { freePort } from "../processes/free_port.ts";
import { findProgram, serverFolder, startServer } from "./server_process.ts";

const program = () => findProgram("pgbouncer");

/** Why the tests of it cannot run here; null: they can. Where they must (`REQUIRE_PGBOUNCER=1`), it is an error. */
export function whyNoPooler(): string | null {
  if (program() !== null) return null;
  const why = "there is no PgBouncer on this machine";
  if (Deno.env.get("REQUIRE_PGBOUNCER") === "1") throw new Error(why);
  return why;
}

export interface Pooler extends AsyncDisposable {
  readonly port: number;
}

export interface PoolerOptions {
  /** Of the server behind it. */
  readonly server: number;
  readonly mode: "session" | "transaction";
  /** The parameters of a session that it takes and drops. */
  readonly drops: readonly string[];
}

export async function pooler({ server, mode, drops }: PoolerOptions): Promise<Pooler> {
  const folder = await serverFolder();
  const port = freePort();
  const settings = {
    ...{ listen_addr: "127.0.0.1", listen_port: port, unix_socket_dir: "", auth_type: "any" },
    ...{ pool_mode: mode, ignore_startup_parameters: drops.join() },
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
  const config = folder.file("pgbouncer.ini");
  const databases = `[databases]\n* = host=127.0.0.1 port=${server} user=queue\n`;
  await Deno.writeTextFile(config, `${databases}[pgbouncer]\n${lines.join("\n")}\n`);
  const ready = { log: folder.file("log"), isReady: /process up/ };
  const running = await startServer(program() ?? "pgbouncer", [config], ready);
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      await running.end("SIGKILL");
      await folder[Symbol.asyncDispose]();
    },
  };
}
