/** Which tests share a process, and which of them run on servers as well. */
import type { Backend } from "./support/backend.ts";

type Server = Exclude<Backend, "sqlite">;

const FAULTS = "tests/faults";
/** How many files about one fault each form a group. */
const TOGETHER = 4;

/** Letters of faults; see `tests/faults/faults_test.ts`. */
type Letters = string;

/** Lists of files, each of which may be followed by words for them. */
export type Group = readonly string[];

/** These mostly wait, so they run one after the other, alongside the rest. */
const WAITING = ["database_files", "stuck_jobs", "clock", "nohup", "request_deaths"]
  .concat(
    "away_at_start",
    "bad_server_starts",
    "changed_password",
    "cut_off_host",
    "long_stop",
    "lost_host",
    "postgres_upgrade",
    "processes",
    "stop_under_lock",
    "tls",
  )
  .map((name) => `${FAULTS}/${name}_test.ts`);
const WAITING_FAULTS: readonly Letters[] = ["M", "L", "O", "J", "W"];
const FAULTS_TEST = `${FAULTS}/faults_test.ts`;
const WORKING_FAULTS: readonly Letters[] = ["SUXZ", "BFHI", "CD", "TY", "KNQR", "EP", "G"];
const WORKING = testsIn(FAULTS).filter((path) => path !== FAULTS_TEST && !WAITING.includes(path));

export const BESIDE: readonly Group[] = [
  ...WAITING_FAULTS.map(faultTests),
  ...WAITING.map((path) => [path]),
];
/** The longest come first, so that nothing has to wait for them at the end. */
export const IN_TURN: readonly Group[] = [
  testsIn("tests/browser"),
  testsIn("tests/ui"),
  ...WORKING_FAULTS.map(faultTests),
  ...testsIn("tests/conformance").map((path) => [path]),
  testsIn("tests/workers"),
  ...Array.from(
    { length: Math.ceil(WORKING.length / TOGETHER) },
    (_, n) => WORKING.slice(n * TOGETHER, (n + 1) * TOGETHER),
  ),
  testsIn("tests/faults/simulation"),
  testsIn("tests/queue"),
  testsIn("tests/style"),
];
/** After all others have ended, because these measure. */
export const ALONE = testsIn("tests/bench");

/** All groups: every test file and every fault once. */
export const GROUPS: readonly Group[] = [...BESIDE, ...IN_TURN, ALONE];

/** The folders whose tests depend on where the queue is. */
const FOLDERS = ["browser", "faults", "queue", "ui", "workers"].map((name) => `tests/${name}`);
/** These bring their own stores or servers. */
const ANYWHERE = [...testsIn("tests/faults/simulation"), `${FAULTS_TEST} W`];

/** Whether the group tests something else on another backend. */
export function dependsOnBackend(group: Group): boolean {
  const isIn = (folder: string) => group[0]?.startsWith(`${folder}/`) ?? false;
  return FOLDERS.some(isIn) && !ANYWHERE.includes(group.join(" "));
}

/** The rules of a queue, and the API that people and scripts use. */
const RULES = ["queue/attempts", "queue/crashes", "queue/deaths", "queue/operating", "queue/presence"]
  .concat("queue/request_deaths", "ui/api_jobs", "ui/api_moves", "ui/api_reading")
  .map((name) => `tests/${name}_test.ts`);

/**
 * What runs on servers in each run: the most useful in about a minute of two cores each. Everything that is not about
 * SQLite itself runs there with `deno task test --backend …`.
 */
export const ON_SERVERS: Readonly<Record<Server, readonly Group[]>> = {
  postgres: [[FAULTS_TEST, "B10", "T6"], RULES],
  redis: [[FAULTS_TEST, "B10", "G14", "T16"], RULES],
};
const REQUEST_DEATHS = [`${FAULTS}/request_deaths_test.ts`];
const WALK = ["tests/browser/walk_test.ts"];
/** The same for what mostly waits. By then no other browser is running. */
export const BESIDE_ON_SERVERS: Readonly<Record<Server, readonly Group[]>> = {
  postgres: [[FAULTS_TEST, "H3", "J8"], REQUEST_DEATHS, WALK],
  redis: [[FAULTS_TEST, "H3", "J8"], REQUEST_DEATHS, WALK],
};

function faultTests(letters: Letters): string[] {
  return [FAULTS_TEST, ...letters];
}

function testsIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name.endsWith("_test.ts"))
    .sort()
    .map((name) => `${folder}/${name}`);
}
