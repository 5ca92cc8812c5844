/**
 * How much code a plain job passes through from `add` to COMPLETED. A system runs jobs, and V8 counts the calls of each
 * function, in the supervisor's thread and in the consumer's: what ran for each job is on the job's path. The
 * limits are what was measured when they were written, and may only fall.
 */
import assert from "node:assert/strict";
import { tempFolder } from "../support/temp_folder.ts";
import { shapesIn } from "./job_path/shapes.ts";
import { ROOT, sourceFiles } from "./source_files.ts";

const MAX_FILES = 45;
const MAX_SHAPES = 12;

/** Enough that the threads are working: one that is stopped right after its start leaves no counts. */
const FEW = 20;
const JOBS = 200;
/** The last jobs may not be quite done when the system stops. */
const MARGIN = 20;

/** Where the path's types are declared, which leave no trace at run time. */
const TYPES = [
  "queue/ending.ts",
  "queue/job.ts",
  "queue/roles.ts",
  "queue/store.ts",
  "workers/handler.ts",
  "workers/protocol.ts",
];
/** Types that name a job too, but are not on a plain job's path: other verbs, events, and envelopes of several jobs. */
const OFF_THE_PATH = [
  "FromThread",
  "Moved",
  "MoveResult",
  "OfAttempt",
  "Orphan",
  "Packed",
  "QueueEvent",
  "Reaped",
  "Refused",
  "Seen",
  "ToConsumer",
  "ToThread",
  "Wait",
];

interface Coverage {
  readonly url: string;
  readonly functions: readonly {
    readonly functionName: string;
    readonly ranges: readonly { readonly startOffset: number; readonly count: number }[];
  }[];
}

/** How often each function of the product ran, in all threads; the first part of a key is the file. */
async function callsWith(jobs: number): Promise<Map<string, number>> {
  await using folder = await tempFolder();
  const script = new URL("./job_path/run_jobs.ts", import.meta.url).pathname;
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", `--coverage=${folder.file("coverage")}`, script, String(jobs)],
    ...{ cwd: ROOT, stdout: "null", stderr: "piped" },
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  const calls = new Map<string, number>();
  for (const { name } of Deno.readDirSync(folder.file("coverage"))) {
    if (!name.endsWith(".json")) continue;
    const { url, functions }: Coverage = JSON.parse(
      await Deno.readTextFile(`${folder.file("coverage")}/${name}`),
    );
    if (!url.startsWith(ROOT.href)) continue;
    for (const { functionName, ranges: [whole] } of functions) {
      const key = `${url.slice(ROOT.href.length)} ${functionName} ${whole?.startOffset}`;
      calls.set(key, (calls.get(key) ?? 0) + (whole?.count ?? 0));
    }
  }
  return calls;
}

/** The files with a function that ran for every job: what starts and stops do is in both counts. */
async function filesOnThePath(): Promise<string[]> {
  const [few, many] = await Promise.all([callsWith(FEW), callsWith(FEW + JOBS + MARGIN)]);
  const perJob = [...many].filter(([key, count]) => count - (few.get(key) ?? 0) >= JOBS);
  const files = new Set(perJob.map(([key]) => key.split(" ")[0] ?? ""));
  return [...files].filter((path) => !path.startsWith("tests/")).sort();
}

const path = await filesOnThePath();

Deno.test("the trace of a job's path covers every thread and every layer", () => {
  for (
    const file of [
      ...[
        "queue/adding/adding.ts",
        "queue/sqlite/insert.ts",
        "queue/sqlite/claim.ts",
        "queue/sqlite/settle.ts",
      ],
      ...["workers/dispatcher.ts", "workers/thread/attempt.ts", "workers/handlers.ts"],
    ]
  ) assert.ok(path.includes(file), `${file} is not among ${path.join(", ")}`);
  assert.ok(!path.includes("queue/get_queue.ts"), "what runs at the start only is not on the path");
});

Deno.test(`a plain job passes through at most ${MAX_FILES} files from add to COMPLETED`, () => {
  console.log(`a plain job passes ${path.length} files`);
  assert.ok(path.length <= MAX_FILES, `it passes ${path.length}: ${path.join(", ")}`);
});

Deno.test(`a plain job takes at most ${MAX_SHAPES} shapes from add to COMPLETED`, async () => {
  const texts = (await sourceFiles()).filter((file) => [...TYPES, ...path].includes(file.path));
  const shapes = shapesIn(texts.map(({ text }) => text)).filter((name) => !OFF_THE_PATH.includes(name));
  console.log(`a plain job passes ${shapes.length} shapes`);
  for (const shape of ["JobRequest", "NewJob", "Claimed", "JobMessage", "HandlerJob", "Settlement"]) {
    assert.ok(shapes.includes(shape), `${shape} is not among ${shapes.join(", ")}`);
  }
  assert.ok(
    shapes.length <= MAX_SHAPES,
    `it passes ${shapes.length}: ${shapes.join(", ")}; a type of other paths belongs in OFF_THE_PATH`,
  );
});
