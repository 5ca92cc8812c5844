/**
 * A Redis or Valkey server for the tests of a file: the one installed, with its own folder and port. `TEST_REDIS=valkey`
 * takes Valkey if both are installed.
 */
import { createClient } from "@redis/client";
import { freePort } from "../processes/free_port.ts";
import { findProgram, serverFolder, type ServerProcess, startServer } from "./server_process.ts";

/** The names of the programs, the preferred one first. */
const chosen = Deno.env.get("TEST_REDIS");
const PROGRAMS = chosen === undefined ? ["redis-server", "valkey-server"] : [`${chosen}-server`];

const program = () => PROGRAMS.map((name) => findProgram(name)).find((path) => path !== null) ?? null;

/** Why the tests of Redis cannot run here; null if they can. With `REQUIRE_REDIS=1` that is an error. */
export function whyNoRedis(): string | null {
  if (program() !== null) return null;
  const why = `there is no ${PROGRAMS.join(" and no ")} on this machine`;
  if (Deno.env.get("REQUIRE_REDIS") === "1") throw new Error(why);
  return why;
}

export interface RedisServer extends AsyncDisposable {
  readonly port: number;
  /** A URL of the queue with this prefix. */
  url(prefix?: string): string;
  /** Runs a command of the test itself. */
  command(...words: string[]): Promise<unknown>;
  /** Ends the server at once, as a crash does, and starts it again when `whileDown` is over. */
  crash(whileDown?: () => Promise<void>): Promise<void>;
  /** Shuts it down in the usual way, and starts it again. */
  restart(whileDown?: () => Promise<void>): Promise<void>;
  /** Ends it as a crash does, and does not start it again. */
  end(): Promise<void>;
  /** Resolves when it has ended. If it ended by itself, `crash` starts it again. */
  readonly ended: Promise<void>;
  /** Stops it until the returned function is called. */
  pause(): () => void;
}

export interface RedisOptions {
  /** Each write waits for a disk. Otherwise the data is in memory, if there is room: no such test cuts the power. */
  readonly isDurable?: boolean;
}

/** `settings` override those of a server that keeps every acknowledged write. */
export async function redisServer(
  settings: Readonly<Record<string, string>> = {},
  { isDurable = true }: RedisOptions = {},
): Promise<RedisServer> {
  const folder = await serverFolder({ inMemory: !isDurable });
  const port = freePort();
  const all = {
    ...{ port: String(port), bind: "127.0.0.1", dir: folder.path, save: "" },
    ...{ appendonly: "yes", appendfsync: "always", ...settings },
  };
  const args = Object.entries(all).flatMap(([name, value]) => [`--${name}`, ...value.split(" ")]);
  const ready = { log: folder.file("log"), isReady: /[Rr]eady to accept connections/ };
  const start = () => startServer(program() ?? PROGRAMS.join(), args, ready);
  let server: ServerProcess = await start();
  /** One connection per command: none of them outlives its test. */
  const command = async (...words: string[]) => {
    const own = createClient({ url: `redis://127.0.0.1:${port}`, RESP: 2 });
    await own.connect();
    try {
      return await own.sendCommand(words);
    } finally {
      own.destroy();
    }
  };
  const again = async (signal: Deno.Signal, whileDown: () => Promise<void>) => {
    await server.end(signal);
    await whileDown();
    server = await start();
  };
  return {
    port,
    url: (prefix = "persistent-queue") => `redis://127.0.0.1:${port}?prefix=${prefix}`,
    command,
    crash: (whileDown = () => Promise.resolve()) => again("SIGKILL", whileDown),
    restart: (whileDown = () => Promise.resolve()) => again("SIGTERM", whileDown),
    end: () => server.end("SIGKILL"),
    get ended() {
      return server.ended;
    },
    pause: () => server.pause(),
    [Symbol.asyncDispose]: async () => {
      await server.end("SIGKILL");
      await folder[Symbol.asyncDispose]();
    },
  };
}
