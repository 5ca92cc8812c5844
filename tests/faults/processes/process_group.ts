/**
 * A shell command in the project's folder that leads its own process group, as under a terminal or systemd; its files
 * are in another folder. `$DENO` is Deno.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { eventually } from "../../support/eventually.ts";
import { freePort } from "../../support/processes/free_port.ts";
import { isHealthy } from "../../support/processes/is_healthy.ts";
import { type TempFolder, tempFolder } from "../../support/temp_folder.ts";
import { urlFor } from "../../support/backend.ts";

const PROJECT = new URL("../../../", import.meta.url);
const TOKEN = "a-token-for-tests-only";

export interface ProcessGroup extends AsyncDisposable {
  readonly folder: TempFolder;
  readonly lines: readonly string[];
  /** The shell's exit code, once it and all that hold its output are gone. */
  readonly exitCode: Promise<number>;
  /** Resolves with the process id of the supervisor that greets as number `count`, once it does. */
  greets(count: number): Promise<number>;
  /** Sends the signal to every process of the group. */
  signal(signal: "SIGINT" | "SIGTERM" | "SIGKILL"): void;
  isHealthy(): Promise<boolean>;
  /** Adds a job for a file, and resolves with its id. */
  addFile(name: string): Promise<string>;
  statusOf(id: string): Promise<string>;
}

export interface GroupOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Files that are there before the start: the database would be `queue.db`. */
  readonly prepare?: (folder: TempFolder) => void;
}

export async function processGroup(
  line: string,
  { env = {}, prepare = () => {} }: GroupOptions = {},
): Promise<ProcessGroup> {
  const folder = await tempFolder();
  prepare(folder);
  const [manager, ops] = [freePort(), freePort()];
  const process = spawn("sh", ["-c", line], {
    cwd: PROJECT,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...Deno.env.toObject(),
      ...{ DENO: Deno.execPath(), MANAGER_PORT: String(manager), OPS_PORT: String(ops), API_TOKEN: TOKEN },
      ...{ QUEUE_URL: urlFor(folder.file("queue.db")), FILES_DIR: folder.file("files") },
      ...{ LOG_DIR: folder.file("logs"), PRODUCER_INTERVAL_MS: "0", CONSUMERS: "2", WORK_MS: "0" },
      ...env,
    },
  });
  const lines: string[] = [];
  for (const stream of [process.stdout, process.stderr]) {
    createInterface({ input: stream }).on("line", (text) => lines.push(text));
  }
  const exitCode = once(process, "close").then(([code]) => Number(code));
  const greetings = () => lines.flatMap((text) => /supervisor process (\d+)/.exec(text)?.[1] ?? []);
  const api = async (path: string, body?: unknown) => {
    const headers = { Authorization: `Bearer ${TOKEN}`, "Content-Type": "application/json" };
    const request = body === undefined
      ? { headers }
      : { headers, method: "POST", body: JSON.stringify(body) };
    return await (await fetch(`http://127.0.0.1:${manager}/api/${path}`, request)).json();
  };
  const signal = (name: "SIGINT" | "SIGTERM" | "SIGKILL") => Deno.kill(-Number(process.pid), name);
  return {
    ...{ folder, lines, exitCode, signal },
    greets: async (count) =>
      Number(await eventually(`greeting ${count}`, () => greetings()[count - 1], { withinMs: 20_000 })),
    isHealthy: () => isHealthy(`http://127.0.0.1:${ops}`),
    addFile: async (name) => {
      const id = folder.file(`files/${name}`);
      Deno.writeTextFileSync(id, "");
      await api("jobs", { id });
      return id;
    },
    statusOf: async (id) => (await api(`jobs/${encodeURIComponent(id)}`)).status,
    [Symbol.asyncDispose]: async () => {
      try {
        signal("SIGKILL");
      } catch {
        // It has ended, as most tests intend.
      }
      await exitCode;
      await folder[Symbol.asyncDispose]();
    },
  };
}
