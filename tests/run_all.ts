/**
 * Every test, group by group, three groups side by side, for most tests wait for something most of the time. All that needs a
 * browser is one group, for two browsers at once on two cores make each other late; not by `--parallel` for that reason,
 * and because some tests change what a process has only once.
 *
 * `deno task test [arguments of deno test]` runs only what is named, in one process.
 */
const SIDE_BY_SIDE = 3;
const FOLDERS = ["browser", "ui", "queue", "conformance", "workers", "style", "bench", "faults/simulation"];
const FAULTS = "tests/faults";

/** Each is run by a process of its own; the longest comes first, so that none is left alone at the end. */
export const GROUPS: readonly string[] = [
  ...FOLDERS.map((folder) => `tests/${folder}`),
  ...[...Deno.readDirSync(FAULTS)].map(({ name }) => name).filter((name) => name.endsWith("_test.ts")).sort()
    .map((name) => `${FAULTS}/${name}`),
];

/** It only waits, for a minute: beside the others, and from the start. */
export const BESIDE = `${FAULTS}/foreign_lock_test.ts`;

const TEST = ["test", "--no-check", "--no-prompt", "-A"];
const SUMMARY = /^(?:ok|FAILED) \| (\d+) passed.*? \| (\d+) failed/m;

interface Told {
  readonly code: number;
  readonly passed: number;
  readonly failed: number;
}

/** What it prints is shown when it has ended: the words of two groups would not be told apart. */
async function runGroup(group: string): Promise<Told> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [...TEST, group],
    ...{ env: { NO_COLOR: "1" }, stdin: "null", stdout: "piped", stderr: "piped" },
  });
  const { code, stdout, stderr } = await child.output();
  print(stderr);
  print(stdout);
  const [, passed = 0, failed = 0] = SUMMARY.exec(new TextDecoder().decode(stdout))?.map(Number) ?? [];
  return { code, passed, failed };
}

function print(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
}

async function runNamed(args: readonly string[]): Promise<number> {
  const child = new Deno.Command(Deno.execPath(), { args: [...TEST, ...args] }).spawn();
  return (await child.status).code;
}

/** Of all that is there: what runs is not checked once more. */
async function checkTypes(): Promise<Told> {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), { args: ["check", "."], stdout: "null" })
    .output();
  if (code !== 0) print(stderr);
  return { code, passed: 0, failed: 0 };
}

async function runAll(): Promise<number> {
  const since = performance.now();
  const types = checkTypes();
  const told: Told[] = [];
  const left = GROUPS.filter((group) => group !== BESIDE);
  const run = async (group: string) => void told.push(await runGroup(group));
  const runInTurn = async () => {
    for (let group = left.shift(); group !== undefined; group = left.shift()) await run(group);
  };
  await Promise.all([run(BESIDE), ...Array.from({ length: SIDE_BY_SIDE }, runInTurn)]);
  told.push(await types);
  const sum = (what: "passed" | "failed") => told.reduce((total, group) => total + group[what], 0);
  const code = Math.max(...told.map((group) => group.code));
  const seconds = Math.round((performance.now() - since) / 1000);
  const verdict = `${code === 0 ? "ok" : "FAILED"} | ${sum("passed")} passed | ${sum("failed")} failed`;
  print(new TextEncoder().encode(`\n${verdict} (${seconds}s)\n`));
  return code;
}

if (import.meta.main) Deno.exit(Deno.args.length > 0 ? await runNamed(Deno.args) : await runAll());
