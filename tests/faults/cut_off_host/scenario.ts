/**
 * `scenario.ts <PostgreSQL | Redis>`: three hosts on one server, each with its own route to it. Two of them lose it with
 * jobs in flight: the connections of one are closed, those of the other fall silent. Prints what it measured.
 */
import assert from "node:assert/strict";
import { eventually } from "../../support/eventually.ts";
import { problemsAt } from "../../support/faults/problems_at.ts";
import { severalHosts } from "../../support/processes/several_hosts.ts";
import { tempFolder } from "../../support/temp_folder.ts";
import { expectCutOff } from "./cut_off.ts";
import { type Begun, handlersOf, readLedger } from "./ledger.ts";
import { SERVERS } from "./servers.ts";

const name = Deno.args[0] ?? "";
const backend = SERVERS[name];
assert.ok(backend !== undefined, `a server is one of ${Object.keys(SERVERS)}`);

/** The intervals of a real host. */
const TIMINGS = { HEARTBEAT_MS: "1000", SWEEP_MS: "10000", STALL_MS: "30000", CONSUMERS: "3" };
/** From the repair of the connection until the host works again by itself. */
const RESUMED_MS = 5_000;
const LOST_JOBS = 2;

await using server = await backend.start();
await using folder = await tempFolder();
const files = folder.file("files");
const settings = { ...TIMINGS, FILES_DIR: files };
const envOf = async (host: string, url: string) => ({
  ...{ ...settings, QUEUE_URL: url, HANDLERS_DIR: await handlersOf(host, folder) },
});
await using cutOff = await severalHosts({
  closed: await envOf("closed", server.closable.url),
  silent: await envOf("silent", server.silenceable.url),
});
const { closed, silent } = cutOff.each;
const idsOf = (kind: string) => Array.from({ length: LOST_JOBS }, (_, n) => `${kind} ${n}`);
for (const host of [closed, silent]) {
  const kind = host === closed ? "closed" : "silent";
  for (const id of idsOf(kind)) await (await host.api("jobs", { id, kind })).body?.cancel();
  for (const id of idsOf(kind)) await host.until(id, "PROCESSING");
}
await using others = await severalHosts({ one: await envOf("one", server.url) });
const { one } = others.each;

const begunElsewhere = (id: string): Begun | undefined =>
  readLedger(files).find((line) => line.id === id && line.host !== line.kind);

/** The jobs of the host run on others; returns how long after the cut the last of them began. */
async function expectElsewhere(kind: "closed" | "silent", cutAt: number, withinMs: number): Promise<void> {
  for (const id of idsOf(kind)) await one.until(id, "COMPLETED", withinMs + 2_000);
  const tookMs = Math.max(...idsOf(kind).map((id) => (begunElsewhere(id)?.at ?? Infinity) - cutAt));
  console.log(`${name}: the jobs of a host that was cut off (${kind}) begun elsewhere after ${tookMs} ms`);
  assert.ok(tookMs < withinMs, `${kind}: ${tookMs} ms`);
}

/** The host works again by itself, and its handlers learn that they have lost their jobs. */
async function expectResumed(
  host: typeof closed,
  kind: "closed" | "silent",
  cutAt: number,
  mendedAt: number,
) {
  await host.healthy(RESUMED_MS);
  console.log(`${name}: healthy ${Date.now() - mendedAt} ms after the repair (${kind})`);
  assert.equal((await one.until(`home of ${kind}`, "COMPLETED", RESUMED_MS)).result, `done by ${kind}`);
  await eventually("it gives up what it has lost", async () => {
    const stats = await host.api("stats");
    const text = await stats.text();
    assert.equal(stats.status, 200, `it was healthy, and its pages failed then: ${text}`);
    const { consumers }: { consumers: { job_id: string | null }[] } = JSON.parse(text);
    return consumers.every(({ job_id: id }) => id === null || !idsOf(kind).includes(id));
  }, { withinMs: RESUMED_MS });
  const begun = readLedger(files).filter(({ host, at }) => host === kind && at > cutAt && at < mendedAt);
  assert.deepEqual(begun, [], "it handed something out while it was cut off");
}

const cutAt = Date.now();
const [mendClosed, mendSilent] = [server.closable.cut(), await server.silenceable.cut()];
for (const kind of ["closed", "silent"]) {
  await (await one.api("jobs", { id: `home of ${kind}`, kind: `home_of_${kind}` })).body?.cancel();
}
await Promise.all([
  (async () => {
    await expectCutOff(closed, backend.says.closed);
    await expectElsewhere("closed", cutAt, backend.withinMs.closed);
    mendClosed();
    await expectResumed(closed, "closed", cutAt, Date.now());
  })(),
  (async () => {
    await expectCutOff(silent, backend.says.silent);
    await expectElsewhere("silent", cutAt, backend.withinMs.silent);
    await mendSilent();
    await expectResumed(silent, "silent", cutAt, Date.now());
  })(),
]);

const ledger = readLedger(files);
for (const id of [...idsOf("closed"), ...idsOf("silent")]) {
  const lines = ledger.filter((line) => line.id === id);
  assert.deepEqual(lines.length, 2, `begun once on each: ${JSON.stringify(lines)}`);
  const [lost, kept] = lines;
  assert.ok(lost !== undefined && kept !== undefined && lost.lease < kept.lease, "one lease at a time");
  const job = await one.job(id);
  assert.deepEqual([job.lease, job.result, job.crashes], [kept.lease, `done by ${kept.host}`, 1]);
}
const ids = ledger.map(({ id }) => id);
assert.deepEqual(
  await problemsAt(server.url, { drained: true, retryLimit: 3, ledger: { added: ids, completed: ids } }),
  [],
);
