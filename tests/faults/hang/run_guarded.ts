/** Starts a guard with a whole system under it that knows the handlers of the tests; driven through its database. */
import { getQueue, type Queue } from "@persistent-queue/queue";
import { listKinds } from "@persistent-queue/workers";
import { eventually } from "../../support/eventually.ts";
import { wholeLines } from "../../support/system/ledger.ts";
import { tempFolder } from "../../support/temp_folder.ts";
import { urlFor } from "../../support/backend.ts";

const support = (name: string) => new URL(`../../support/${name}`, import.meta.url);

export interface Guarded extends AsyncDisposable {
  readonly folder: string;
  readonly url: string;
  /** Another handle on the queue of the running system. */
  readonly queue: Queue;
  /** How many supervisors have begun to work. */
  readonly lives: () => number;
  /** The guard's lines about each death, in order. */
  readonly deaths: readonly string[];
  /** Lines of the log of the system. */
  readonly logLines: () => string[];
}

export interface RunOptions {
  readonly v8Flags?: string;
  /** Settings in addition to those of `guarded_system.ts`. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Resolves when it works. */
export async function runGuarded({ v8Flags = "", env = {} }: RunOptions = {}): Promise<Guarded> {
  const folder = await tempFolder();
  const v8 = v8Flags === "" ? [] : [`--v8-flags=${v8Flags}`];
  const run = ["run", "--quiet", "-A", "--no-prompt", "--no-check"];
  const guarded = [...run, ...v8, support("processes/guarded_system.ts").href, folder.path];
  guarded.push(...Object.entries(env).map(([name, value]) => `${name}=${value}`));
  const args = [...run, support("processes/guard_process.ts").href, ...guarded];
  const process = new Deno.Command(Deno.execPath(), { args, stdin: "null", stdout: "piped", stderr: "piped" })
    .spawn();
  const [ready, deaths, said]: [string[], string[], string[]] = [[], [], []];
  const heard = Promise.all([
    hear(process.stdout, (line) => line.startsWith("ready ") && ready.push(line)),
    hear(process.stderr, (line) => (line.startsWith("The supervisor ended") ? deaths : said).push(line)),
  ]);
  await eventually("it works", () => ready.length > 0, { withinMs: 20_000 }).catch((error) => {
    throw new Error(`It does not work: ${said.join("\n")}`, { cause: error });
  });
  const url = urlFor(folder.file("queue.db"));
  const queue = await getQueue(url, { kinds: listKinds(support("handlers/")) });
  return {
    ...{ folder: folder.path, url, queue, deaths, lives: () => ready.length },
    logLines: () => Deno.readTextFileSync(folder.file("logs/jobqueue.log")).split("\n"),
    [Symbol.asyncDispose]: async () => {
      await queue.close();
      process.kill("SIGTERM");
      await process.status;
      await heard;
      await folder[Symbol.asyncDispose]();
    },
  };
}

async function hear(stream: ReadableStream<Uint8Array<ArrayBuffer>>, onLine: (line: string) => unknown) {
  for await (const line of wholeLines(stream)) onLine(line);
}
