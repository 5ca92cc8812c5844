/** Job ids, errors and names are untrusted: none can forge a log line, or control the terminal that shows it. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { CONTROLS, FORGED, STEERS } from "../support/log/evil_texts.ts";
import { sqliteTest } from "../support/backend.ts";
import { eventually } from "../support/eventually.ts";
import { testSystem } from "../support/system/test_system.ts";

const LINE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \[(?:DEBUG|INFO|WARN|ERROR)\] ./;
const PREFIX = FORGED.slice(0, 24);

const texts = CONTROLS.map((text) => text.toWellFormed());

function assertHarmless(lines: readonly string[]): void {
  assert.ok(lines.length > 0);
  for (const line of lines) {
    assert.match(line, LINE);
    assert.doesNotMatch(line, STEERS);
    assert.ok(!line.startsWith(PREFIX), line);
  }
}

Deno.test("each log line stays one line, whatever handlers throw, return and log, and whatever the job ids are", async () => {
  await using system = await testSystem({ RETRY_DELAYS_MS: "1", LOG_LEVEL: "debug" });
  const jobs = ["log", "result", "give-up", "later", "throw"].flatMap((how) =>
    texts.map((text, i) => ({
      id: `${how} ${i} ${text.replace(/\p{Cc}/gu, "")}`,
      kind: "say",
      payload: { how, text },
    }))
  );
  await system.queue.add(jobs);
  await eventually("the RetryLater jobs are snoozed", () => {
    return system.events.filter(({ type }) => type === "postponed").length === texts.length;
  });
  for (const { id, payload: { how } } of jobs) {
    if (how !== "later") await system.until(id, ({ status }) => !/^P/.test(status));
  }
  await system.stop();
  const lines = system.logLines("");
  assertHarmless(lines);
  for (
    const words of [
      "Gave up on give-up",
      "Postponed later",
      "Last attempt failed for throw",
      "Completed job_id: log",
    ]
  ) {
    const told = lines.filter((line) => line.includes(words));
    assert.ok(told.length >= texts.length, `${words}: ${told.length}`);
  }
});

sqliteTest("ids, kinds and consumer names written by hand stay on their line as well", async () => {
  await using system = await testSystem({ LOG_LEVEL: "debug" });
  const db = new DatabaseSync(system.settings.queueUrl.slice("sqlite:".length), { timeout: 5000 });
  const waiting = db.prepare("INSERT INTO jobs (id, kind, payload) VALUES (?, ?, '1')");
  const running = db.prepare(
    "INSERT INTO jobs (id, kind, status, consumer_id, last_heartbeat) VALUES (?, 'noop', 'PROCESSING', ?, 1)",
  );
  const broken = db.prepare("UPDATE jobs SET payload = ? WHERE id = ?");
  for (const [i, text] of texts.entries()) {
    waiting.run(`waiting ${i} ${text}`, "noop");
    waiting.run(`unknown ${i} ${text}`, text);
    running.run(`running ${i} ${text}`, text);
    broken.run(JSON.stringify(text), `waiting ${i} ${text}`);
  }
  // Jobs of unknown kinds wait.
  const unfinished = db.prepare(
    "SELECT count(*) AS n FROM jobs WHERE kind = 'noop' AND status IN ('PENDING', 'PROCESSING') OR NOT parked AND kind <> 'noop'",
  );
  await eventually("all have ended", () => unfinished.get()?.["n"] === 0, { withinMs: 15_000 });
  db.close();
  const told = () => system.logLines("").filter((line) => line.includes("No handler is named")).length;
  await eventually("unknown kinds are logged", () => told() >= 10);
  await system.stop();
  const lines = system.logLines("");
  assertHarmless(lines);
  assert.ok(
    lines.filter((line) => / Took job_id: running .* from consumer /.test(line)).length >= texts.length / 2,
  );
});

Deno.test("an uncaught error is not printed on the terminal, and cannot control it", async () => {
  const { stdout, stderr, code } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--no-prompt", "--quiet", "--no-check"],
      ...[
        new URL("./evil_system.ts", import.meta.url).pathname,
        texts.join(" ").replaceAll("\0", ""),
      ],
    ],
    env: { NO_COLOR: "1" },
  }).output();
  const printed = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assert.equal(code, 0, printed);
  assert.doesNotMatch(printed, STEERS);
  assert.doesNotMatch(printed, /Uncaught/);
  assert.deepEqual(printed.split("\n").filter((line) => line.startsWith(PREFIX)), []);
});
