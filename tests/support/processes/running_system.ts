/** The system as a person starts it: in its own processes and its own folder, driven through its ports. */
import { V8_FLAGS } from "../../../workers/process/permissions.ts";
import { TextLineStream } from "./text_lines.ts";
import { eventually } from "../eventually.ts";
import { freePort } from "./free_port.ts";
import { isHealthy } from "./is_healthy.ts";
import { tempFolder } from "../temp_folder.ts";
import { BACKEND, urlFor } from "../backend.ts";

const MAIN = new URL("../../../main.ts", import.meta.url);
const TOKEN = "a-token-for-tests-only";

export interface RunningSystem extends AsyncDisposable {
  readonly folder: string;
  readonly manager: string;
  readonly ops: string;
  /** The guard, or the supervisor where there is none. */
  readonly process: Deno.ChildProcess;
  /** Everything that was printed, line by line. */
  readonly lines: string[];
  /** The process id of the supervisor that greeted last. */
  readonly supervisorPid: () => number;
  api(path: string, json?: unknown): Promise<Response>;
  job(id: string): Promise<Record<string, unknown>>;
  /** Resolves with the job once it has this status. */
  until(id: string, status: string, withinMs?: number): Promise<Record<string, unknown>>;
  healthy(withinMs?: number): Promise<void>;
}

export interface RunOptions {
  /** `supervise` is the supervisor alone; with the permissions that it computes, it is a child of the started process. */
  readonly command?: "start" | "supervise" | "supervise confined" | `jobs ${string}`;
  /** Another copy of the project. */
  readonly main?: string;
  readonly env?: Record<string, string>;
  readonly folder?: string;
  /** A line to wait for, instead of its greeting. */
  readonly until?: RegExp;
}

/** Starts it and waits until it greets. */
export async function runSystem(options: RunOptions = {}): Promise<RunningSystem> {
  const temporary = options.folder === undefined ? await tempFolder() : null;
  const folder = options.folder ?? temporary?.path ?? "";
  const [managerPort, opsPort] = [freePort(), freePort()];
  const ports = { MANAGER_PORT: String(managerPort), OPS_PORT: String(opsPort) };
  const process = spawnSystem({ ...options, folder, env: { ...ports, ...options.env } });
  const lines: string[] = [];
  const printed = [collect(process.stdout, lines), collect(process.stderr, lines)];
  const manager = `http://127.0.0.1:${managerPort}`;
  const ops = `http://127.0.0.1:${opsPort}`;

  const api = (path: string, json?: unknown) =>
    fetch(`${manager}/api/${path}`, {
      method: json === undefined ? "GET" : "POST",
      headers: {
        Authorization: `Bearer ${TOKEN}`,
        ...(json === undefined ? {} : { "Content-Type": "application/json" }),
      },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    });
  const job = async (id: string) => await (await api(`jobs/${encodeURIComponent(id)}`)).json();
  const system: RunningSystem = {
    ...{ folder, manager, ops, process, lines, api, job },
    supervisorPid: () =>
      Number(lines.findLast((line) => /supervisor process \d+/.test(line))?.match(/process (\d+)/)?.[1]),
    until: async (id, status, withinMs = 10_000) =>
      await eventually(`${id} is ${status}`, async () => {
        const found = await job(id).catch(() => null);
        return found?.status === status ? found : null;
      }, { withinMs }),
    healthy: async (withinMs = 10_000) => {
      await eventually("it is healthy", () => isHealthy(ops), { withinMs });
    },
    [Symbol.asyncDispose]: async () => {
      await end(process);
      await Promise.all(printed);
      await temporary?.[Symbol.asyncDispose]();
    },
  };
  try {
    const { until = /supervisor process/ } = options;
    await eventually(`it says ${until}`, () => lines.some((line) => until.test(line)), { withinMs: 20_000 });
    return system;
  } catch (error) {
    await system[Symbol.asyncDispose]();
    throw new Error(`It did not start, and said: ${lines.join("\n")}`, { cause: error });
  }
}

/** The URL of the queue of a system that was started in this folder. */
export function urlOf({ folder }: Pick<RunningSystem, "folder">): string {
  return urlFor(`${folder}/data/queue.db`);
}

/** Starts it without waiting for anything: for starts that fail. */
export function spawnSystem(
  { command = "start", main = MAIN.href, env = {}, folder = "." }: RunOptions,
): Deno.ChildProcess {
  const words = command.split(" ").filter((word) => word !== "confined");
  // Without the permission to run programs it starts no other process. As a compiled binary it fetches nothing.
  const alone = command === "supervise" ? [V8_FLAGS, "--deny-run", "--cached-only"] : [];
  return new Deno.Command(Deno.execPath(), {
    args: ["run", ...alone, "-A", "--no-prompt", main, ...words],
    cwd: folder,
    clearEnv: true,
    env: {
      ...kept("PATH", "HOME", "DENO_DIR"),
      ...{
        PRODUCER_INTERVAL_MS: "0",
        CONSUMERS: "2",
        WORK_MS: "200",
        RETRY_DELAYS_MS: "50,100,200",
        API_TOKEN: TOKEN,
      },
      // Unless a queue is named, the system creates a database in its folder.
      ...(BACKEND === "sqlite" ? {} : { QUEUE_URL: urlOf({ folder }) }),
      ...{ HEARTBEAT_MS: "50", SWEEP_MS: "200", STALL_MS: "600" },
      ...env,
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Writes a file and adds its job. */
export async function addFile(system: RunningSystem, name: string): Promise<string> {
  const id = `data/files/${name}`;
  await Deno.mkdir(`${system.folder}/data/files`, { recursive: true });
  await Deno.writeTextFile(`${system.folder}/${id}`, "made by a test\n");
  const response = await system.api("jobs", { id });
  await response.body?.cancel();
  if (response.status !== 201) throw new Error(`The job was not added: ${response.status}`);
  return id;
}

async function collect(stream: ReadableStream<Uint8Array<ArrayBuffer>>, lines: string[]): Promise<void> {
  for await (const line of stream.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream())) {
    lines.push(line);
  }
}

async function end(process: Deno.ChildProcess): Promise<void> {
  try {
    process.kill("SIGTERM");
  } catch {
    // It has ended already, as some tests intend.
  }
  await process.status;
}

function kept(...names: string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  }));
}
