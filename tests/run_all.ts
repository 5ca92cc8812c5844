/**
 * Every test, in two processes side by side: in the one the fault plan, in the other all else, which waits for browsers
 * and clients most of the time. Not by `--parallel`: two browsers at once on two cores make each other late.
 *
 * `deno task test [arguments of deno test]` runs only what is named, in one process.
 */
const FAULTS = "tests/faults";
export const LANES = [
  ["browser", "ui", "queue", "conformance", "workers", "style", "bench", "faults/simulation"].map((folder) =>
    `tests/${folder}`
  ),
  [...Deno.readDirSync(FAULTS)].filter(({ name }) => name.endsWith("_test.ts")).map(({ name }) =>
    `${FAULTS}/${name}`
  ),
];
const TEST = ["test", "--no-check", "--no-prompt", "-A"];
const SUMMARY = /^(?:ok|FAILED) \| (\d+) passed.*? \| (\d+) failed/m;

interface Told {
  readonly code: number;
  readonly passed: number;
  readonly failed: number;
}

/** What it prints is shown as it comes, or when it has ended. */
async function runLane(
  folders: readonly string[],
  { isShownAtOnce }: { isShownAtOnce: boolean },
): Promise<Told> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [...TEST, ...folders],
    ...{ env: { NO_COLOR: "1" }, stdin: "null", stdout: "piped", stderr: "inherit" },
  }).spawn();
  let text = "";
  for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += part;
    if (isShownAtOnce) print(part);
  }
  if (!isShownAtOnce) print(text);
  const [, passed = 0, failed = 0] = SUMMARY.exec(text)?.map(Number) ?? [];
  return { code: (await child.status).code, passed, failed };
}

function print(text: string): void {
  let bytes = new TextEncoder().encode(text);
  while (bytes.length > 0) bytes = bytes.subarray(Deno.stdout.writeSync(bytes));
}

async function runNamed(args: readonly string[]): Promise<number> {
  const child = new Deno.Command(Deno.execPath(), { args: [...TEST, ...args] }).spawn();
  return (await child.status).code;
}

async function runAll(): Promise<number> {
  const since = performance.now();
  const told = await Promise.all(LANES.map((folders, i) => runLane(folders, { isShownAtOnce: i === 1 })));
  const sum = (what: "passed" | "failed") => told.reduce((total, lane) => total + lane[what], 0);
  const code = Math.max(...told.map((lane) => lane.code));
  const seconds = Math.round((performance.now() - since) / 1000);
  print(
    `\n${code === 0 ? "ok" : "FAILED"} | ${sum("passed")} passed | ${sum("failed")} failed (${seconds}s)\n`,
  );
  return code;
}

if (import.meta.main) Deno.exit(Deno.args.length > 0 ? await runNamed(Deno.args) : await runAll());
