/**
 * Every test, group by group, two groups side by side and one that mostly waits: more on two cores starve each other's
 * threads, and many tests are about threads that starve. A group is one process and one isolate: what its files share is
 * loaded once. All that needs a browser is one group, for two browsers at once on two cores make each other late; not by
 * `--parallel` for that reason, and because some tests change what a process has only once.
 *
 * `deno task test [arguments of deno test]` runs only what is named, in one process.
 */
const SIDE_BY_SIDE = 2;
const FAULTS = "tests/faults";
/** So many files about one fault each are a group. */
const TOGETHER = 4;

/** Letters of faults; see `tests/faults/faults_test.ts`. */
type Letters = string;

/** These only wait, most of the time: one after the other, beside all that work. */
const WAITING = ["database_files", "stuck_jobs", "clock"].map((name) => `${FAULTS}/${name}_test.ts`);
const WAITING_FAULTS: readonly Letters[] = ["M", "L", "O", "J", "W"];
const FAULTS_TEST = `${FAULTS}/faults_test.ts`;
/** What takes long comes first, so that nothing else waits for it at the end. */
const WORKING_FAULTS: readonly Letters[] = ["G", "EP", "CD", "YT", "BFHI", "KNQR", "SUXZ"];
const WORKING = testsIn(FAULTS).filter((path) => path !== FAULTS_TEST && !WAITING.includes(path));

const BESIDE: readonly (readonly string[])[] = [
  ...WAITING_FAULTS.map(faultTests),
  ...WAITING.map((path) => [path]),
];
const IN_TURN: readonly (readonly string[])[] = [
  testsIn("tests/browser"),
  testsIn("tests/ui"),
  ...WORKING_FAULTS.map(faultTests),
  ...Array.from(
    { length: Math.ceil(WORKING.length / TOGETHER) },
    (_, n) => WORKING.slice(n * TOGETHER, (n + 1) * TOGETHER),
  ),
  testsIn("tests/workers"),
  testsIn("tests/faults/simulation"),
  testsIn("tests/queue"),
  ...testsIn("tests/conformance").map((path) => [path]),
  testsIn("tests/style"),
];
/** When all others are over: these measure. */
const ALONE = testsIn("tests/bench");

/** Lists of files, each of which may be followed by letters of faults. */
export const GROUPS: readonly (readonly string[])[] = [...BESIDE, ...IN_TURN, ALONE];

function faultTests(letters: Letters): string[] {
  return [FAULTS_TEST, ...letters];
}

function testsIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name.endsWith("_test.ts"))
    .sort()
    .map((name) => `${folder}/${name}`);
}

const TEST = ["test", "--no-check", "--no-prompt", "-A"];
/** The tools of these tests are no part of the product's imports, so that its first start does not fetch a browser. */
const WITH_BROWSER_TOOLS = ["--import-map=tests/import_map.json", "--lock=tests/deno.lock"];

function testArgs(named: readonly string[]): string[] {
  return named.some((path) => path.includes("tests/browser")) ? [...TEST, ...WITH_BROWSER_TOOLS] : TEST;
}

const SUMMARY = /^(?:ok|FAILED) \| (\d+) passed.*? \| (\d+) failed/m;

interface Told {
  readonly code: number;
  readonly passed: number;
  readonly failed: number;
}

/** What it prints is shown when it has ended: the words of two groups would not be told apart. */
async function runGroup(group: readonly string[]): Promise<Told> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [...testArgs(group), "tests/together.ts", "--", ...group],
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
  const child = new Deno.Command(Deno.execPath(), { args: [...testArgs(args), ...args] }).spawn();
  return (await child.status).code;
}

/** Of all but the browser tests, which `tests/style/browser_tests_test.ts` checks: what runs is not checked once more. */
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
  const runEach = async (groups: Iterator<readonly string[]>) => {
    for (let next = groups.next(); !next.done; next = groups.next()) told.push(await runGroup(next.value));
  };
  const inTurn = IN_TURN.values();
  await Promise.all([BESIDE.values(), ...new Array<typeof inTurn>(SIDE_BY_SIDE).fill(inTurn)].map(runEach));
  told.push(await types, await runGroup(ALONE));
  const sum = (what: "passed" | "failed") => told.reduce((total, group) => total + group[what], 0);
  const code = Math.max(...told.map((group) => group.code));
  const seconds = Math.round((performance.now() - since) / 1000);
  const verdict = `${code === 0 ? "ok" : "FAILED"} | ${sum("passed")} passed | ${sum("failed")} failed`;
  print(new TextEncoder().encode(`\n${verdict} (${seconds}s)\n`));
  return code;
}

if (import.meta.main) Deno.exit(Deno.args.length > 0 ? await runNamed(Deno.args) : await runAll());
