/** Several hosts on one queue: the pages of each show all of them. */
import assert from "node:assert/strict";
import type { HostView } from "@persistent-queue/queue";
import { sharedServers } from "../support/servers/shared_servers.ts";
import { CONSUMER, OPEN_OPS, openPages, type TestPages } from "./open_pages.ts";

const ELSEWHERE = "22222222-2222-4222-8222-222222222222";

/** A host with a consumer that works, and one that is being replaced. */
function hostOf(pages: TestPages, more: Partial<HostView> = {}): HostView {
  const consumers = [
    {
      ...CONSUMER,
      id: ELSEWHERE,
      state: "working",
      jobId: "job 7",
      jobMs: 2_000,
      heartbeatAgeMs: 100,
    } as const,
    { ...CONSUMER, id: "", slot: 2, state: "restarting", heartbeatAgeMs: null } as const,
  ];
  return {
    ...{ id: "p2", name: "web-2", pid: 7, version: "1.0.0", startedAt: 0, seenAt: 0, silentMs: 500 },
    view: { ...pages.view, consumers },
    viewAgeMs: 1_000,
    rates: { added: 1, completed: 2, failed: 0 },
    history: Array.from({ length: 60 }, (_, i) => ({ added: i, completed: 1, failed: 0 })),
    ...more,
  };
}

async function textOf(response: Promise<Response>): Promise<string> {
  return (await (await response).text()).replaceAll(/<(script|style)[^]*?<\/\1>/g, "");
}

/** How long a host has been up differs from run to run. */
function withoutTime(row: string): string {
  return row.replace(/ up .+?(?= version|$)/, " up …");
}

/** The host that answers, as scripts get it, but for its start. */
const HERE = { name: "here", quiet_ms: null, version: "", memory_bytes: 1_000_000 };

/** The rows of the table: the names of hosts, and the words of each consumer. */
function rowsIn(html: string): string[] {
  const table = /<table class="cards consumers"[^]*?<\/table>/.exec(html)?.[0] ?? "";
  const rows = table.match(/<tr[^]*?<\/tr>/g) ?? [];
  return rows.slice(1).map((row) => row.replaceAll(/<[^>]*>/g, " ").replaceAll(/\s+/g, " ").trim());
}

Deno.test("a host alone has no heading in its tables, and no name in its counts", async () => {
  await using pages = await openPages(OPEN_OPS);
  const ops = await textOf(pages.askOps("/"));
  assert.match(ops, /All is well: 1 consumer is running/);
  assert.deepEqual(rowsIn(ops), ["1 11111111 idle – – 0.1 s ago 7 2 1"]);
  assert.doesNotMatch(ops, /class="host"/);
});

Deno.test("the answer for scripts has one shape on a backend, however many hosts there are", async () => {
  await using pages = await openPages();
  const shapeNow = async () => {
    const { hosts, consumers } = await (await pages.api("/api/stats")).json();
    return [hosts, consumers.length, consumers[0].host, consumers[0].takes_faults];
  };
  const here = { ...HERE, started_at: pages.view.startedAt };
  const other = { ...here, name: "web-2", version: "1.0.0", started_at: 0 };
  assert.deepEqual(
    await shapeNow(),
    pages.queue.isShared ? [[here], 1, "here", true] : [[], 1, undefined, undefined],
  );
  pages.hosts = [hostOf(pages)];
  assert.deepEqual(await shapeNow(), [[here, other], 3, "here", true]);
});

for (const server of sharedServers("a host alone is listed")) {
  Deno.test(`${server.name}: a host alone is listed for scripts, and has no heading on the pages`, async () => {
    await using running = await server.start();
    await using pages = await openPages(OPEN_OPS, { url: running.url() });
    const { hosts, consumers } = await (await pages.api("/api/stats")).json();
    assert.deepEqual(hosts, [{ ...HERE, started_at: hosts[0].started_at }]);
    assert.deepEqual([consumers[0].host, consumers[0].takes_faults], ["here", true]);
    const ops = await textOf(pages.askOps("/"));
    assert.match(ops, /All is well: 1 consumer is running/);
    assert.doesNotMatch(ops, /class="host"/);
  });
}

Deno.test("rates are rounded: those of several hosts do not add up exactly", async () => {
  await using pages = await openPages();
  const rates = { added: 0.1, completed: 0.7, failed: 0 };
  pages.hosts = ["web-2", "web-3"].map((name) =>
    hostOf(pages, { id: name, name, rates: { ...rates, added: name === "web-2" ? 0.1 : 0.2 } })
  );
  const { rates: shown } = await (await pages.api("/api/stats")).json();
  assert.deepEqual(shown, { added: 0.3, completed: 1.4, failed: 0, failed_attempts: 0 });
});

Deno.test("both pages show the consumers of every host under its name, and count all of them", async () => {
  await using pages = await openPages(OPEN_OPS);
  pages.hosts = [hostOf(pages)];
  const ops = await textOf(pages.askOps("/"));
  const cookie = await pages.logIn();
  const manager = await textOf(pages.ask("/consumers", { headers: { cookie } }));
  for (const html of [ops, manager]) {
    assert.deepEqual(rowsIn(html).map((row) => withoutTime(row.replace(/ Crash Hang$/, ""))), [
      "here this host 0 of 1 working 1 MB up …",
      "1 11111111 idle – – 0.1 s ago 7 2 1",
      "web-2 1 of 2 working 1 MB up … version 1.0.0",
      "1 22222222 working job 7 3.0 s 1.1 s ago 7 2 1",
      "2 – restarting – – – 7 2 1",
    ]);
  }
  assert.match(ops, /All is well: 3 consumers on 2 hosts are running/);
  assert.match(ops, /1 idle, 1 working, 1 restarting/);
  const ids = manager.match(/id="consumer-[^"]*"/g) ?? [];
  assert.equal(new Set(ids).size, 3, "two cells have one name");
  const view = await (await pages.ask("/view/consumers", { headers: { cookie } })).json();
  assert.deepEqual(view.hosts.map(({ name }: { name: string }) => name), ["here", "web-2"]);
});

Deno.test("the recent events, which are of this host alone, do not stand unmarked below the consumers of all hosts", async () => {
  await using pages = await openPages(OPEN_OPS);
  const events = async () =>
    /<section class="panel events"[^]*?<\/section>/.exec(await textOf(pages.askOps("/")))?.[0];
  assert.doesNotMatch(await events() ?? "", /host/);
  pages.hosts = [hostOf(pages)];
  assert.match((await events() ?? "").replaceAll(/<[^>]*>/g, ""), /of this host only: here/);
});

Deno.test("the vital signs of this host are under its name, where there are several", async () => {
  await using pages = await openPages(OPEN_OPS);
  const named = async () => {
    const html = await textOf(pages.askOps("/"));
    const [, signs = ""] = /<h2 id="vitals-title">([^]*?)<\/section>/.exec(html) ?? [];
    const [, heading = "", own = ""] = /<h3[^>]*>(.*?)<\/h3>([^]*)/.exec(signs) ?? [];
    const names = [...own.matchAll(/<dt>(?:<details class="why"><summary>)?([^<]*)/g)].map(([, name]) =>
      name
    );
    return [heading.replaceAll(/<[^>]*>/g, ""), ...names];
  };
  assert.deepEqual(await named(), [""]);
  pages.hosts = [hostOf(pages)];
  assert.deepEqual(await named(), [
    "This host: here",
    ...["Last check for stalled jobs", "Returned to the queue", "Late results dropped"],
    ...["Producer", "Running for", "Memory", "Version"],
  ]);
});

Deno.test("a warning of another host is shown with its name, and one that this host has as well is not shown twice", async () => {
  await using pages = await openPages(OPEN_OPS);
  pages.view = { ...pages.view, warnings: ["No handler is named mail."] };
  const { view, ...host } = hostOf(pages);
  assert.ok(view !== null);
  const warnings = ["The disk is <full>.", "No handler is named mail."];
  pages.hosts = [{
    ...host,
    view: { ...view, warnings, wedged: 2, trouble: "No consumer is alive at the moment." },
  }];
  const cookie = await pages.logIn();
  const said = [
    "No handler is named mail.",
    "web-2: No consumer is alive at the moment.",
    "web-2: The disk is <full>.",
  ];
  const seen = await (await pages.ask("/view/consumers", { headers: { cookie } })).json();
  assert.deepEqual([seen.warnings, seen.wedged], [said, 2]);
  assert.deepEqual((await (await pages.api("/api/stats")).json()).warnings, said);
  const ops = await textOf(pages.askOps("/"));
  assert.match(ops, /web-2: The disk is &lt;full>\./);
  assert.match(ops, /3 warnings/);
  assert.equal((await pages.askOps("/healthz")).status, 200, "this host serves");
});

Deno.test("a host that has fallen silent is shown as such, and its rates no longer count", async () => {
  await using pages = await openPages(OPEN_OPS);
  const quiet = /not heard of for 5\.0 s/;
  pages.hosts = [hostOf(pages, { silentMs: 2_900 })];
  assert.doesNotMatch(await textOf(pages.askOps("/")), /heard of/);
  pages.hosts = [hostOf(pages, { silentMs: 5_000 })];
  const ops = await textOf(pages.askOps("/"));
  assert.match(ops, quiet);
  assert.match(ops, /web-2: this host has not been heard of for some seconds\./);
  assert.deepEqual(rowsIn(ops).slice(-2), [
    "1 22222222 silent job 7 3.0 s 1.1 s ago 7 2 1",
    "2 – silent – – – 7 2 1",
  ], "its consumers are shown as they were, but whether they live is not known");
  assert.equal((await (await pages.api("/api/stats")).json()).rates.completed, 0);
});

Deno.test("while the storage is away, what was known of other hosts is not shown as if it were fresh", async () => {
  await using pages = await openPages(OPEN_OPS);
  pages.hosts = [hostOf(pages, { silentMs: 500, viewAgeMs: 11_000 })];
  const ops = await textOf(pages.askOps("/"));
  assert.match(ops, /not heard of for 11 s/);
  assert.match(rowsIn(ops).at(-2) ?? "", /^1 22222222 silent job 7 13 s 11 s ago/);
  assert.doesNotMatch(ops, /web-2: this host has not been heard of/, "the storage is the cause, and named");
});

Deno.test("a host that shows nothing, as another release may, has a heading without consumers", async () => {
  await using pages = await openPages(OPEN_OPS);
  pages.hosts = [hostOf(pages, { view: null, history: [] })];
  assert.deepEqual(rowsIn(await textOf(pages.askOps("/"))).at(-1)?.split(" ")[0], "web-2");
});

Deno.test("hosts are in the same order, whichever of them serves the page", async () => {
  await using pages = await openPages();
  const named = (name: string) => hostOf(pages, { id: name, name });
  pages.hosts = ["web-10", "an-early-one", "web-9"].map(named);
  const { hosts } = await (await pages.api("/api/stats")).json();
  const names = hosts.map(({ name }: { name: string }) => name);
  assert.deepEqual(names, ["an-early-one", "here", "web-9", "web-10"]);
});

Deno.test("the rates are those of all hosts, second by second; the metrics are those of one", async () => {
  await using pages = await openPages(OPEN_OPS);
  await pages.queue.add([{ id: "a", kind: "mail" }]);
  pages.hosts = [
    hostOf(pages),
    hostOf(pages, { id: "p3", name: "web-3", history: [{ added: 5, completed: 0, failed: 1 }] }),
  ];
  const { rates, history } = await (await pages.api("/api/stats")).json();
  assert.deepEqual([rates.completed, rates.failed], [4, 0]);
  assert.ok(rates.added >= 2 && rates.added < 2.2, rates.added);
  assert.deepEqual(history.slice(0, 2), [{ added: 0, completed: 1, failed: 0 }, {
    added: 1,
    completed: 1,
    failed: 0,
  }]);
  const last = history.at(-1);
  assert.deepEqual([history.length, last.completed, last.failed], [60, 1, 1]);
  assert.ok(last.added === 64 || last.added === 65, "1 may have been added here in that second");
  const metrics = await (await pages.askOps("/metrics")).text();
  assert.match(metrics, /^pq_consumers\{state="idle"\} 1$/m);
  assert.match(metrics, /^pq_consumer_slots 1$/m);
  assert.match(metrics, /^pq_jobs_per_second\{event="completed"\} 0$/m);
  assert.match(metrics, /^# HELP pq_consumers Consumers of this process that live, by state\.$/m);
});

Deno.test("a consumer of a host with FAULT_INJECTION=off has no buttons, and asking for a crash says who refuses", async () => {
  await using pages = await openPages();
  const { view, ...host } = hostOf(pages);
  assert.ok(view !== null);
  pages.hosts = [{ ...host, view: { ...view, takesFaults: false } }];
  const cookie = await pages.logIn();
  const page = await textOf(pages.ask("/consumers", { headers: { cookie } }));
  assert.equal(page.match(/formAction="\/consumers\/crash"/gi)?.length, 1, "the one of this host");
  const question = await pages.ask(`/consumers/crash?id=${ELSEWHERE}`, { headers: { cookie } });
  assert.equal(question.status, 403);
  assert.match(await question.text(), /switched off on web-2/);
  const byApi = await pages.api(`/api/consumers/${ELSEWHERE}/hang`, {});
  assert.deepEqual([byApi.status, (await byApi.json()).error.code], [403, "fault_injection_off"]);
  assert.deepEqual(pages.provoked, []);
});

Deno.test("a consumer of another host can be crashed from here once the page has asked; one that does not exist cannot", async () => {
  await using pages = await openPages();
  pages.hosts = [hostOf(pages)];
  const cookie = await pages.logIn();
  const question = await textOf(pages.ask(`/consumers/crash?id=${ELSEWHERE}`, { headers: { cookie } }));
  assert.match(question, /Crash consumer 1 of web-2\?/);
  assert.match(question, /It is working on/);
  const body = new URLSearchParams({ id: ELSEWHERE });
  const done = await pages.ask("/consumers/crash", { method: "POST", body, headers: { cookie } });
  assert.match(done.headers.get("location") ?? "", /note=crashed/);
  assert.deepEqual(pages.provoked, [`crash ${ELSEWHERE}`, `crash ${ELSEWHERE} elsewhere`]);
  assert.match(pages.audit.at(-1) ?? "", new RegExp(`^Crash of consumer ${ELSEWHERE} by `));

  const byApi = await pages.api(`/api/consumers/${ELSEWHERE}/hang`, {});
  assert.deepEqual([byApi.status, (await byApi.json()).provoked], [202, "hang"]);
  const nowhere = await pages.api("/api/consumers/33333333/hang", {});
  assert.deepEqual([nowhere.status, (await nowhere.json()).error.code], [404, "unknown_consumer"]);
  assert.deepEqual(pages.faults, []);
});

Deno.test("the page of a job names the host of its consumer, where there are several", async () => {
  await using pages = await openPages();
  await pages.queue.add([{ id: "job 7", kind: "mail" }]);
  const { claimed } = await pages.queue.claim([{ consumerId: ELSEWHERE, limit: 1, suspect: false }]);
  assert.deepEqual(claimed.map(({ id }) => id), ["job 7"]);
  const cookie = await pages.logIn();
  const hostShown = async () => {
    const html = await textOf(pages.ask("/job?id=job+7", { headers: { cookie } }));
    assert.match(html, new RegExp(`<dt>Consumer</dt><dd>${ELSEWHERE}</dd>`));
    return /<dt>Host<\/dt><dd>([^<]*)/.exec(html)?.[1] ?? null;
  };
  assert.equal(await hostShown(), null);
  pages.hosts = [hostOf(pages)];
  assert.equal(await hostShown(), "web-2");
});
