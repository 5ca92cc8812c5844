/**
 * Benchmarks: what the queue achieves, compared with the most that this machine can do in the same run. An absolute
 * figure describes the machine; a ratio describes the queue.
 * `deno task bench [--only drain|adding|…] [--jobs 100000] [--backlog 1000000] [--once] [--long] [--json |
 * --markdown] [--backend postgres | redis]`; `--once`: one comparison each, not the median of five
 */
import { parseArgs } from "node:util";
import { adding } from "./adding.ts";
import { backlog } from "./backlog.ts";
import { crash } from "./crash.ts";
import { drain, firstJobs } from "./drain.ts";
import { factsOf } from "./facts.ts";
import { files } from "./files.ts";
import { growth } from "./growth.ts";
import { LargeDatabase } from "./large_database.ts";
import { memory } from "./memory.ts";
import { pickup } from "./pickup.ts";
import { posting } from "./posting.ts";
import { printMarkdown, printTable } from "./print_table.ts";
import { type BenchOptions, isReached, ratioOf, type Row } from "./row.ts";
import { isBackend, partsOf } from "./servers.ts";
import { size } from "./size.ts";
import { starting } from "./starting.ts";

type Part = (options: BenchOptions) => Promise<Row[]>;

const PARTS: Record<string, Part> = {
  ...{ drain, first: firstJobs, adding, posting, pickup, files, crash, starting, backlog, memory, size },
};
/** Only on request: it takes a quarter of an hour and some gigabytes of disk space. */
const LONG: Record<string, Part> = { growth };

interface Flags extends Omit<BenchOptions, "large"> {
  readonly parts: Readonly<Record<string, Part>>;
  readonly print: (rows: readonly Row[]) => void;
}

async function bench({ parts, print, ...options }: Flags): Promise<void> {
  await using large = new LargeDatabase(options.backlog);
  const rows: Row[] = [];
  for (const [name, part] of Object.entries(parts)) {
    console.error(`${name} …`);
    rows.push(...await part({ ...options, large }));
  }
  print(rows);
}

function readFlags(args: string[]): Flags {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: "string" },
      long: { type: "boolean", default: false },
      once: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      markdown: { type: "boolean", default: false },
      jobs: { type: "string", default: "100000" },
      backlog: { type: "string", default: "1000000" },
      backend: { type: "string" },
    },
  });
  const known = values.backend !== undefined
    ? partsOfBackend(values.backend)
    : values.long
    ? { ...PARTS, ...LONG }
    : PARTS;
  if (values.only !== undefined && !Object.hasOwn(known, values.only)) {
    throw new RangeError(`--only is one of ${Object.keys(known).join(", ")}.`);
  }
  const parts = Object.fromEntries(
    Object.entries(known).filter(([name]) => values.only === undefined || values.only === name),
  );
  const printFor = () => {
    if (values.json) return printJson;
    if (!values.markdown) return printTable;
    return (rows: readonly Row[]) => printMarkdown(rows, factsOf(["deno task bench", ...args].join(" ")));
  };
  return {
    ...{ parts, print: printFor(), rounds: values.once ? 1 : 5 },
    jobs: numberIn(values.jobs, "--jobs", 1_000_000),
    backlog: numberIn(values.backlog, "--backlog", 10_000_000),
  };
}

function partsOfBackend(name: string): Readonly<Record<string, Part>> {
  if (!isBackend(name)) throw new RangeError("--backend is postgres or redis.");
  return partsOf(name);
}

function numberIn(text: string, flag: string, most: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1_000 || value > most) {
    throw new RangeError(`${flag} is a number from 1000 to ${most}.`);
  }
  return value;
}

function printJson(rows: readonly Row[]): void {
  const told = rows.map((row) => ({ ...row, ratio: ratioOf(row), reached: isReached(row) }));
  console.log(JSON.stringify(told, null, 2));
}

if (import.meta.main) {
  await bench(readFlags(Deno.args));
  Deno.exit(0);
}
