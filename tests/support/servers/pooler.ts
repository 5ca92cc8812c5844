/** A PgBouncer in front of a test's PostgreSQL server. */
import { freePort } from "../processes/free_port.ts";
import { findProgram, serverFolder, startServer } from "./server_process.ts";

const program = () => findProgram("pgbouncer");

/** Why its tests cannot run here; null if they can. With `REQUIRE_PGBOUNCER=1` that is an error. */
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
  /** The port of the server behind it. */
  readonly server: number;
  readonly mode: "session" | "transaction";
  /** The session parameters that it accepts and drops. */
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
