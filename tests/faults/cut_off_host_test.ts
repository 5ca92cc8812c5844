/** A host that loses the server while it works: its jobs run elsewhere, and it resumes by itself. */
import assert from "node:assert/strict";
import { whyNoPostgres } from "../support/servers/postgres_server.ts";
import { whyNoRedis } from "../support/servers/redis_server.ts";

const SCENARIO = new URL("./cut_off_host/scenario.ts", import.meta.url).pathname;
const IN_OWN_NETWORK = 'ip link set lo up && exec "$0" "$@"';

/** Only root can create a network namespace. */
const whyNoNetwork = Deno.uid() === 0 && await succeeds("unshare", "-n", "ip", "link", "set", "lo", "up")
  ? null
  : "no network of its own can be made here";

const BACKENDS: readonly (readonly [name: string, whyNot: string | null])[] = [
  ["PostgreSQL", whyNoPostgres() ?? whyNoNetwork],
  ["Redis", whyNoRedis()],
];
const here = BACKENDS.filter(([name, whyNot]) => {
  if (whyNot !== null) console.log(`SKIPPED: ${whyNot}, so no host is cut off from ${name} here`);
  return whyNot === null;
}).map(([name]) => name);

if (here.length > 0) {
  Deno.test(`${here.join(" and ")}: two of three hosts are cut off with jobs in flight, which run elsewhere, and resume by themselves`, async () => {
    await Promise.all(here.map(cutOff));
  });
}

async function cutOff(name: string): Promise<void> {
  const scenario = [Deno.execPath(), "run", "-A", "--no-check", "--no-prompt", SCENARIO, name];
  const [command = "", ...args] = name === "PostgreSQL"
    ? ["unshare", "-n", "sh", "-c", IN_OWN_NETWORK, ...scenario]
    : scenario;
  const { success, stdout, stderr } = await new Deno.Command(command, { args }).output();
  console.log(new TextDecoder().decode(stdout).trim());
  assert.ok(success, new TextDecoder().decode(stderr));
}

async function succeeds(command: string, ...args: string[]): Promise<boolean> {
  const run = new Deno.Command(command, { args, stdout: "null", stderr: "null" }).output();
  return await run.then(({ success }) => success, () => false);
}
