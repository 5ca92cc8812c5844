import assert from "node:assert/strict";
import { StorageError } from "@persistent-queue/queue";
import { CONSUMER, OPEN_OPS, openPages } from "./open_pages.ts";

Deno.test("both ports tell every client whether the system is serving", async () => {
  await using pages = await openPages(OPEN_OPS);
  const { durability } = pages.queue;
  for (const ask of [pages.ask, pages.askOps]) {
    const response = await ask("/healthz");
    assert.deepEqual([response.status, await response.json()], [200, { status: "ok", durability }]);
  }
  pages.view = { ...pages.view, trouble: "No consumer lives." };
  for (const ask of [pages.ask, pages.askOps]) {
    const response = await ask("/healthz");
    assert.equal(response.status, 503);
    assert.deepEqual(await response.json(), { status: "unavailable", reason: "No consumer lives." });
  }
});

const SURVIVED = [
  ["power_loss", "a power cut", false],
  ["crash", "a crash only", true],
  ["snapshot", "no crash", true],
  ["none", "no restart", true],
  ["unknown", "not known", false],
] as const;

for (const [level, words, isBad] of SURVIVED) {
  Deno.test(`what an acknowledged job survives is reported: ${level}`, async () => {
    await using pages = await openPages(OPEN_OPS);
    Object.defineProperty(pages.queue, "durability", { value: level });
    assert.equal((await (await pages.ask("/healthz")).json()).durability, level);
    const html = await (await pages.askOps("/")).text();
    const sign =
      /<div class="sign([^"]*)"><dt><details class="why"><summary>Stored jobs survive.*?<dd>(.*?)<\/dd>/.exec(
        html,
      );
    assert.deepEqual([sign?.[2], sign?.[1]?.includes("sign-bad")], [words, isBad]);
    assert.equal((await (await pages.api("/api/stats")).json()).durability, level);
  });
}

Deno.test("health checks reveal no file and no version to strangers", async () => {
  await using pages = await openPages();
  await pages.queue.close();
  const trouble = "/srv/queue/data/queue.db cannot be read";
  const { publicMessage } = new StorageError(trouble);
  Object.defineProperty(pages.queue, "trouble", { value: trouble });
  Object.defineProperty(pages.queue, "publicTrouble", { value: publicMessage });
  pages.view = { ...pages.view, trouble };
  const response = await pages.ask("/healthz");
  assert.equal(response.status, 503);
  const reason = "The storage does not work: the pages and the log say why.";
  assert.deepEqual(await response.json(), { status: "unavailable", reason });
});

Deno.test("while it starts or stops it is alive, and not ready", async () => {
  await using pages = await openPages();
  const statusOf = async (path: string, method = "GET") => {
    const response = await pages.ask(path, { method });
    await response.body?.cancel();
    return response.status;
  };
  for (const method of ["GET", "HEAD", "OPTIONS"]) {
    for (const [state, ready] of [[{}, 200], [{ starting: true }, 503], [{ stopping: true }, 503]] as const) {
      pages.view = { ...pages.view, starting: false, stopping: false, ...state };
      assert.deepEqual([await statusOf("/live", method), await statusOf("/ready", method)], [200, ready]);
    }
  }
});

Deno.test("storage that fails is reported with 503, and the pages are still served", async () => {
  await using pages = await openPages(OPEN_OPS);
  await pages.queue.close();
  const list = await pages.api("/api/jobs");
  assert.equal(list.status, 503);
  assert.equal((await list.json()).error.code, "storage");
  const metrics = await (await pages.askOps("/metrics")).text();
  assert.match(metrics, /^pq_up 0$/m);
  assert.doesNotMatch(metrics, /^pq_jobs\{/m);
});

Deno.test("Prometheus can read the metrics", async () => {
  await using pages = await openPages(OPEN_OPS);
  await pages.queue.add([{ id: "a", kind: "mail" }]);
  const response = await pages.askOps("/metrics");
  assert.equal(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  const text = await response.text();
  const label = /[a-z]+="[^"\\\n]*"/.source;
  const number = /-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/.source;
  const sample = new RegExp(
    `^(pq_[a-z_]+?)(?:_bucket|_sum|_count)?(?:\\{${label}(?:,${label})*\\})? ${number}$`,
  );
  const typed = new Set<string>();
  for (const line of text.trimEnd().split("\n")) {
    const [, name] = /^# TYPE (\S+) (?:gauge|counter|histogram)$/.exec(line) ?? [];
    if (name !== undefined) {
      assert.ok(!typed.has(name), `${name} is told twice`);
      typed.add(name);
    } else if (!line.startsWith("# HELP ")) assert.ok(typed.has(sample.exec(line)?.[1] ?? line), line);
  }
  assert.match(text, /^pq_jobs\{status="PENDING"\} 1$/m);
  assert.match(text, /^pq_jobs\{status="FAILED"\} 0$/m);
  assert.match(text, /^pq_consumers\{state="idle"\} 1$/m);
  assert.match(text, /^pq_consumer_restarts_total 1$/m);
  assert.match(text, /^pq_fenced_total 0$/m);
  assert.match(text, /^pq_jobs_stalled 0$/m);
  assert.match(text, /^# TYPE pq_jobs_added_total counter$/m);
  assert.match(text, /^pq_jobs_completed_total\{kind="file"\} 0$/m);
  assert.match(text, /^pq_attempt_duration_seconds_count\{kind="file"\} 0$/m);
  assert.match(text, /^pq_up 1$/m);
  assert.ok(text.endsWith("\n"));
});

Deno.test("how long handlers run is a histogram by kind that Prometheus can take quantiles of", async () => {
  await using pages = await openPages(OPEN_OPS);
  await pages.queue.add([{ id: "a" }, { id: "b" }]);
  const { claimed } = await pages.queue.claim([{ consumerId: CONSUMER.id, limit: 2, suspect: false }]);
  const outcome = { type: "returned", result: null } as const;
  await pages.queue.settle(claimed.map((job, i) => ({ job, outcome, ranMs: i === 0 ? 3 : 40_000 })));
  const text = await (await pages.askOps("/metrics")).text();
  const lines = text.match(/^pq_attempt_duration_seconds_(?:bucket|sum|count)\{kind="file".*$/gm) ?? [];
  const bounds = lines.flatMap((line) => /le="(.*)"/.exec(line)?.[1] ?? []);
  assert.deepEqual(
    bounds,
    bounds.toSorted((a, b) => Number(a.replace("+Inf", "Infinity")) - Number(b.replace("+Inf", "Infinity"))),
  );
  const seen = (le: string) => lines.find((line) => line.includes(`le="${le}"`))?.split(" ").at(-1);
  assert.deepEqual(["0.001", "0.005", "30", "60", "+Inf"].map(seen), ["0", "1", "1", "2", "2"]);
  assert.deepEqual(lines.slice(-2), [
    'pq_attempt_duration_seconds_sum{kind="file"} 40.003',
    'pq_attempt_duration_seconds_count{kind="file"} 2',
  ]);
});

Deno.test("every metric that the alerting rules name is reported, with these labels", async () => {
  await using pages = await openPages(OPEN_OPS);
  const text = await (await pages.askOps("/metrics")).text();
  const file = await Deno.readTextFile(new URL("../../deploy/alerts.yaml", import.meta.url));
  const rules = [...file.matchAll(/^ +expr: (.*)$/gm)].map(([, expression]) => expression);
  const named = [...rules.join("\n").matchAll(/\b(pq_[a-z_]+)(?:\{([a-z]+)[!=])?/g)];
  assert.ok(named.length > rules.length && rules.length > 0);
  for (const [, name = "", label] of named) {
    assert.match(text, new RegExp(`^# TYPE ${name} `, "m"));
    if (label !== undefined) assert.match(text, new RegExp(`^${name}\\{${label}="`, "m"));
  }
});

Deno.test("pq_consumers counts living consumers by state, without those that are starting or restarting", async () => {
  await using pages = await openPages(OPEN_OPS);
  const consumers = [
    { state: "idle" },
    { state: "working" },
    { state: "silent", heartbeatAgeMs: 20_000 },
    { state: "waiting" },
    { state: "starting", heartbeatAgeMs: null },
    { state: "restarting", id: "", heartbeatAgeMs: null },
  ] as const;
  pages.view = {
    ...pages.view,
    consumers: consumers.map((one, i) => ({ ...CONSUMER, slot: i + 1, ...one })),
  };
  const text = await (await pages.askOps("/metrics")).text();
  assert.deepEqual(text.match(/^pq_consumers?(?:_slots)?(?:\{.*)? .*$/gm), [
    'pq_consumers{state="idle"} 1',
    'pq_consumers{state="working"} 1',
    'pq_consumers{state="waiting"} 1',
    'pq_consumers{state="silent"} 1',
    "pq_consumer_slots 6",
  ]);
});

Deno.test("Ops changes nothing: it has no API, no logout and no POST", async () => {
  await using pages = await openPages(OPEN_OPS);
  for (const path of ["/api/jobs", "/api/jobs/cancel", "/logout", "/login", "/metrics", "/"]) {
    const response = await pages.askOps(path, { method: "POST" });
    await response.body?.cancel();
    assert.ok([404, 405].includes(response.status), `${path} ${response.status}`);
  }
});

Deno.test("a probe with another method is 405 without a login too, whatever the password", async () => {
  await using pages = await openPages();
  for (const ask of [pages.ask, pages.askOps]) {
    for (const path of ["/healthz", "/ready", "/live"]) {
      const response = await ask(path, { method: "POST" });
      assert.deepEqual([response.status, response.headers.get("allow")], [405, "GET, HEAD, OPTIONS"], path);
      assert.equal((await response.json()).error.code, "method_not_allowed");
      assert.equal((await ask(path)).status, 200);
    }
  }
});
