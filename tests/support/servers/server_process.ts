/** A server that tests start: it has its own port on loopback and a folder for its data, and ends with the tests. */
import { statfsSync } from "node:fs";
import { type TempFolder, tempFolder } from "../temp_folder.ts";

/** Servers refuse to run as root, so they run as this user, who owns nothing. */
const NOBODY = 65_534;
const isRoot = Deno.uid() === 0;

/** Looks in the given folders and in `PATH`, and where Debian and others put server programs. */
export function findProgram(name: string, folders: readonly string[] = []): string | null {
  const path = (Deno.env.get("PATH") ?? "").split(":");
  for (const folder of [...folders, ...path, "/usr/sbin", "/usr/local/bin"]) {
    try {
      if (Deno.statSync(`${folder}/${name}`).isFile) return `${folder}/${name}`;
    } catch {
      // Not here.
    }
  }
  return null;
}

/** A folder in memory, used if it has room for the data of several servers. */
const MEMORY = "/dev/shm";
const ENOUGH_BYTES = 2 * 1024 ** 3;

function roomInMemory(): string | null {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize > ENOUGH_BYTES ? MEMORY : null;
  } catch {
    return null;
  }
}

/** A folder that the user of the server may write to. `inMemory`: without waiting for a disk, if possible. */
export async function serverFolder({ inMemory = false } = {}): Promise<TempFolder> {
  const dir = inMemory ? roomInMemory() : null;
  const folder = await tempFolder(dir === null ? {} : { dir });
  if (isRoot) await Deno.chown(folder.path, NOBODY, NOBODY);
  return folder;
}

/** The command as that user. The kernel ends it if this process dies first. */
export function asServer(program: string, args: readonly string[]): [string, string[]] {
  const user = isRoot ? [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"] : [];
  return ["setpriv", [...user, "--pdeathsig=KILL", "--", program, ...args]];
}

/** Runs a program of the server to its end. @throws with its error output if it fails */
export async function runAsServer(program: string, args: readonly string[]): Promise<void> {
  const [command, all] = asServer(program, args);
  const { success, stderr } = await new Deno.Command(command, { args: all, stdout: "null", stderr: "piped" })
    .output();
  if (!success) throw new Error(`${program}: ${new TextDecoder().decode(stderr)}`);
}

export interface ServerProcess {
  readonly pid: number;
  /** Sends the signal, unless it has ended by itself, and waits for the end. */
  end(signal: Deno.Signal): Promise<void>;
  /** Resolves when it has ended by itself. */
  readonly ended: Promise<void>;
  /** Stops it with all its child processes until the returned function is called. */
  pause(): () => void;
  /** Its processes, and those that they start, get no more memory until the returned function is called. */
  starve(): () => void;
}

/** Its output goes to a file: a pipe with a pending read would look like a leak of some test. */
const INTO_FILE = 'exec "$@" > "$0" 2>&1';
const READY_MS = 20_000;

/** Starts the server, and waits until its output in the file `log` matches. */
export async function startServer(
  program: string,
  args: readonly string[],
  { log, isReady }: { readonly log: string; readonly isReady: RegExp },
): Promise<ServerProcess> {
  // The output of an earlier server does not count.
  await Deno.remove(log).catch(() => {});
  const [command, all] = asServer("sh", ["-c", INTO_FILE, log, program, ...args]);
  const child = new Deno.Command(command, { args: all, stdin: "null", stdout: "null", stderr: "null" })
    .spawn();
  const { status } = child;
  let code: number | null = null;
  status.then((ended) => code = ended.code);
  const latest = performance.now() + READY_MS;
  while (!isReady.test(await textOf(log))) {
    if (code !== null || performance.now() > latest) {
      if (code === null) child.kill("SIGKILL");
      throw new Error(`${program} did not start (${code}): ${await textOf(log)}`);
    }
    await sleep(20);
  }
  const processes = () => [child.pid, ...childrenOf(child.pid)];
  return {
    pid: child.pid,
    end: async (signal) => {
      if (code === null) child.kill(signal);
      await status;
    },
    ended: status.then(() => {}),
    pause: () => {
      const pids = processes();
      for (const pid of pids) Deno.kill(pid, "SIGSTOP");
      return () => pids.forEach((pid) => Deno.kill(pid, "SIGCONT"));
    },
    starve: () => {
      for (const pid of processes()) limitMemory(pid, "1");
      return () => processes().forEach((pid) => limitMemory(pid, "unlimited"));
    },
  };
}

/** By process id, because each child may lead a process group of its own. */
function childrenOf(parent: number): number[] {
  const pids = Deno.readTextFileSync(`/proc/${parent}/task/${parent}/children`).trim();
  return pids === "" ? [] : pids.split(" ").map(Number);
}

/** A process keeps the memory that it has. One that has ended needs no limit, so errors are ignored. */
function limitMemory(pid: number, bytes: string): void {
  const [command, args] = asServer("prlimit", [`--pid=${pid}`, `--as=${bytes}:unlimited`]);
  new Deno.Command(command, { args, stderr: "null" }).outputSync();
}

async function textOf(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch {
    return "";
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
