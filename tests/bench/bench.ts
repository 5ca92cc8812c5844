/**
 * Benchmarks: what the queue does, beside what this machine can do at most in the same run. An absolute figure says
 * something about the machine, a ratio about the queue.
 *
 * `deno task bench [--only drain|adding|posting|pickup|files|crash|starting] [--jobs 50000] [--json]`
 */
import { parseArgs } from "node:util";
import { adding } from "./adding.ts";
import { crash } from "./crash.ts";
import { drain } from "./drain.ts";
import { files } from "./files.ts";
import { pickup } from "./pickup.ts";
import { posting } from "./posting.ts";
import { printTable } from "./print_table.ts";
import { type BenchOptions, ratioOf, type Row } from "./row.ts";
import { starting } from "./starting.ts";

/** The first one shows the memory of a fresh process. */
const PARTS: Record<string, (options: BenchOptions) => Promise<Row[]>> = {
  ...{ drain, adding, posting, pickup, files, crash, starting },
};

interface Flags {
  readonly only: string | undefined;
  readonly json: boolean;
  readonly jobs: number;
}

async function bench({ only, json, jobs }: Flags): Promise<void> {
  const rows: Row[] = [];
  for (const [name, part] of Object.entries(PARTS)) {
    if (only !== undefined && only !== name) continue;
    if (!json) console.error(`${name} …`);
    rows.push(...await part({ jobs }));
  }
  if (json) console.log(JSON.stringify(rows.map((row) => ({ ...row, ratio: ratioOf(row) })), null, 2));
  else printTable(rows);
}

function readFlags(args: string[]): Flags {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: "string" },
      json: { type: "boolean", default: false },
      jobs: { type: "string", default: "50000" },
    },
  });
  const jobs = Number(values.jobs);
  if (!Number.isInteger(jobs) || jobs < 1_000 || jobs > 1_000_000) {
    throw new RangeError("--jobs is a number from 1000 to 1000000.");
  }
  if (values.only !== undefined && !Object.hasOwn(PARTS, values.only)) {
    throw new RangeError(`--only is one of ${Object.keys(PARTS).join(", ")}.`);
  }
  return { only: values.only, json: values.json, jobs };
}

if (import.meta.main) {
  await bench(readFlags(Deno.args));
  Deno.exit(0);
}
