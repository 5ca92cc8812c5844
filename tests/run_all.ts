/**
 * Runs every test in groups, two groups at a time and one more that mostly waits: more on two cores starve each other's
 * threads, and many tests are about starved threads. A group is one process and one isolate, so what its files share is
 * loaded once. All browser tests are one group, because two browsers at once on two cores slow each other down. That is
 * one reason not to use `--parallel`; the other is that some tests change what a process has only once.
 *
 * `deno task test [--backend postgres|redis] [arguments of deno test]` runs only what is named, in one process. With only
 * a backend, it runs there everything that is not about SQLite itself.
 */
import {
  ALONE,
  BESIDE,
  BESIDE_ON_SERVERS,
  dependsOnBackend,
  type Group,
  IN_TURN,
  ON_SERVERS,
} from "./groups.ts";
import { type Backend, readBackend, serverEnv } from "./support/backend.ts";
import { startTestServer, whyNoTestServer } from "./support/servers/test_server.ts";

const SIDE_BY_SIDE = 2;

const TEST = ["test", "--no-check", "--no-prompt", "-A"];
/** The tools of these tests are not among the product's imports, so that its first start does not fetch a browser. */
const WITH_BROWSER_TOOLS = ["--import-map=tests/import_map.json", "--lock=tests/deno.lock"];

function testArgs(named: readonly string[]): string[] {
  return named.some((path) => path.includes("tests/browser")) ? [...TEST, ...WITH_BROWSER_TOOLS] : TEST;
}

type Env = Record<string, string>;

interface Run {
  readonly group: Group;
  readonly env: Env;
}

const SUMMARY = /^(?:ok|FAILED) \| (\d+) passed.*? \| (\d+) failed(?: \| (\d+) ignored)?/m;

interface Told {
  readonly code: number;
  readonly passed: number;
  readonly failed: number;
  readonly ignored: number;
}

/** Its output is shown when it has ended, so that the output of two groups does not mix. */
async function runGroup({ group, env }: Run): Promise<Told> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [...testArgs(group), "tests/together.ts", "--", ...group],
    ...{ env: { NO_COLOR: "1", ...env }, stdin: "null", stdout: "piped", stderr: "piped" },
  });
  const { code, stdout, stderr } = await child.output();
  print(stderr);
  print(stdout);
  const [, ...numbers] = SUMMARY.exec(new TextDecoder().decode(stdout)) ?? [];
  const [passed = 0, failed = 0, ignored = 0] = numbers.map((number) => Number(number ?? 0));
  return { code, passed, failed, ignored };
}

function print(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
}

async function runNamed(args: readonly string[], env: Env): Promise<number> {
  const child = new Deno.Command(Deno.execPath(), { args: [...testArgs(args), ...args], env }).spawn();
  return (await child.status).code;
}

/** Checks all but the browser tests (see `tests/style/browser_tests_test.ts`); the runs themselves check no types. */
async function checkTypes(): Promise<Told> {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), { args: ["check", "."], stdout: "null" })
    .output();
  if (code !== 0) print(stderr);
  return { code, passed: 0, failed: 0, ignored: 0 };
}

/** Lanes run concurrently; within a lane, `sideBySide` steps do. */
interface Lane {
  readonly steps: readonly (() => Promise<Told>)[];
  readonly sideBySide: number;
}

async function runLanes(lanes: readonly Lane[]): Promise<Told[]> {
  const told: Told[] = [];
  const takeEach = async (steps: Iterator<() => Promise<Told>>) => {
    for (let next = steps.next(); !next.done; next = steps.next()) told.push(await next.value());
  };
  await Promise.all(lanes.flatMap(({ steps, sideBySide }) => {
    const inTurn = steps.values();
    return Array.from({ length: sideBySide }, () => takeEach(inTurn));
  }));
  return told;
}

const onSqlite = (group: Group): Run => ({ group, env: {} });
const stepOf = (run: Run) => () => runGroup(run);

async function runAll(): Promise<Told[]> {
  await using servers = await startServers();
  const inTurn = [...IN_TURN.map(onSqlite), ...servers.runs(ON_SERVERS)];
  const beside = [...BESIDE.map(onSqlite), ...servers.runs(BESIDE_ON_SERVERS)];
  const lanes = [
    { steps: [checkTypes, ...beside.map(stepOf)], sideBySide: 1 },
    { steps: inTurn.map(stepOf), sideBySide: SIDE_BY_SIDE },
  ];
  return [...await runLanes(lanes), await runGroup(onSqlite(ALONE))];
}

interface Servers extends AsyncDisposable {
  /** The groups to run on each server. */
  runs(groups: typeof ON_SERVERS): Run[];
}

/** Starts one server of each kind that this machine has. */
async function startServers(): Promise<Servers> {
  await using started = new AsyncDisposableStack();
  const envs: [keyof typeof ON_SERVERS, Env][] = [];
  for (const backend of ["postgres", "redis"] as const) {
    const missing = whyNoTestServer(backend);
    if (missing !== null) {
      console.log(`SKIPPED: ${missing}, so nothing is tested there`);
      continue;
    }
    envs.push([backend, serverEnv(backend, started.use(await startTestServer(backend)))]);
  }
  const all = started.move();
  return {
    runs: (groups) => envs.flatMap(([backend, env]) => groups[backend].map((group) => ({ group, env }))),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

async function runAllOn(env: Env): Promise<Told[]> {
  const [beside, inTurn] = [BESIDE, IN_TURN].map((groups) =>
    groups.filter(dependsOnBackend).map((group) => stepOf({ group, env }))
  );
  return await runLanes([
    { steps: beside ?? [], sideBySide: 1 },
    { steps: inTurn ?? [], sideBySide: SIDE_BY_SIDE },
  ]);
}

/** Runs it, and says how it went. Returns the exit code. */
async function summed(run: () => Promise<Told[]>): Promise<number> {
  const since = performance.now();
  const told = await run();
  const sum = (what: Exclude<keyof Told, "code">) => told.reduce((total, group) => total + group[what], 0);
  const code = Math.max(...told.map((group) => group.code));
  const seconds = Math.round((performance.now() - since) / 1000);
  const verdict = `${code === 0 ? "ok" : "FAILED"} | ${sum("passed")} passed | ${sum("failed")} failed`;
  const notRun = sum("ignored") > 0 ? ` | ${sum("ignored")} not run` : "";
  print(new TextEncoder().encode(`\n${verdict}${notRun} (${seconds}s)\n`));
  return code;
}

const OPTION = /^--backend(?:=(.*))?$/;

interface Order {
  readonly backend: Backend;
  /** The arguments for `deno test`. */
  readonly named: readonly string[];
}

/** @throws {RangeError} for an unknown backend */
function readOrder(args: readonly string[]): Order {
  const at = args.findIndex((word) => OPTION.test(word));
  if (at < 0) return { backend: "sqlite", named: args };
  const [, value] = OPTION.exec(args[at] ?? "") ?? [];
  const word = value ?? args[at + 1] ?? "";
  return { backend: readBackend(word), named: args.toSpliced(at, value === undefined ? 2 : 1) };
}

async function run({ backend, named }: Order): Promise<number> {
  if (backend === "sqlite") return named.length > 0 ? await runNamed(named, {}) : await summed(runAll);
  await using server = await startTestServer(backend);
  const env = serverEnv(backend, server);
  return named.length > 0 ? await runNamed(named, env) : await summed(() => runAllOn(env));
}

if (import.meta.main) {
  try {
    Deno.exit(await run(readOrder(Deno.args)));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    console.error(error.message);
    Deno.exit(2);
  }
}
