/** `jobs move`, as a person calls it: between real backends, refused, and killed in the middle. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { getQueue, openStore, STATUSES, type Store } from "@persistent-queue/queue";
import { canonicalText, type StoredJob } from "../../queue/stored_job.ts";
import { jobsCommand } from "../../ui/cli/jobs_command.ts";
import {
  addAll,
  addSuspect,
  bring,
  hold,
  newJob,
  PROCESS,
  retryIn,
  settleOne,
} from "../conformance/stage.ts";
import { storedJob } from "../conformance/dump.ts";
import { eventually } from "../support/eventually.ts";
import { spawnSystem } from "../support/processes/running_system.ts";
import { type PostgresServer, postgresServer, whyNoPostgres } from "../support/servers/postgres_server.ts";
import { type RedisServer, redisServer, whyNoRedis } from "../support/servers/redis_server.ts";
import { tempFolder } from "../support/temp_folder.ts";

const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));

interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function move(
  args: readonly string[],
  { queueUrl = "sqlite:unused.db", elapsed = () => performance.now(), input = "" }: {
    queueUrl?: string;
    elapsed?: () => number;
    /** On standard input. */
    input?: string;
  } = {},
): Promise<Run> {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await jobsCommand(["move", ...args], {
    completeUrl: (url) => ({ url, problems: [] }),
    problemOfCopy: () => null,
    ...{ queueUrl, confirm: null, elapsed, readInput: () => Promise.resolve(input) },
    openQueue: () => Promise.reject(new Error("move opens both queues itself")),
    ...{ print: (text) => out.push(text), printError: (text) => err.push(text) },
    ...{ actor: { by: "a test", audit: () => {} }, onInterrupt: () => {} },
  });
  return { code, out: out.join("\n"), err: err.join("\n") };
}

async function withStore<T>(url: string, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore(url, "guest");
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

function textsOf(url: string): Promise<string[]> {
  return withStore(url, async (store) => {
    const texts: string[] = [];
    for (let after: number | null = null;;) {
      const page: { jobs: StoredJob[]; next: number | null } = await store.dump({ after, limit: 500 });
      texts.push(...page.jobs.map(canonicalText));
      if (page.next === null) return texts;
      after = page.next;
    }
  });
}

/** Jobs of every status, long values, a folded history, a suspect, and one that a dead process held. */
function fill(url: string): Promise<void> {
  return withStore(url, async (store) => {
    await store.join(PROCESS);
    for (const status of STATUSES) await bring(store, status, status);
    await addSuspect(store, "suspect");
    const long = await hold(store, "long history");
    for (let i = 0; i < 320; i++) {
      await settleOne(store, { ...retryIn(0, long), retries: i + 1, detail: `try ${i} ä "\\` });
    }
    const payload = JSON.stringify("ö".repeat(400_000));
    const log = "l".repeat(16_000);
    const line = { at: 5, event: "failed", lease: 1, retries: 0, consumerId: "c", takenAt: 1 } as const;
    const history = [{ ...line, detail: "d".repeat(9_000), ranMs: 12, report: log, log }];
    const large = { payload, result: payload, error: "e".repeat(15_000), history };
    for (let i = 0; i < 12; i++) await store.restore([storedJob(`large ${i}`, large)]);
    await addAll(store, Array.from({ length: 500 }, (_, i) => newJob(`job ${i}`, { priority: i % 7 })));
  });
}

const missing = whyNoPostgres() ?? whyNoRedis();
if (missing !== null) {
  console.log(`SKIPPED: ${missing}, so that nothing is moved between backends here`);
} else {
  let [postgres, redis]: [PostgresServer | null, RedisServer | null] = [null, null];
  const urls = () => {
    if (postgres === null || redis === null) throw new Error("The servers have not been started");
    return { postgres: postgres.url(), redis: redis.url() };
  };
  Deno.test.beforeAll(async () => {
    [postgres, redis] = await Promise.all([
      postgresServer({ isDurable: false }),
      redisServer({}, { isDurable: false }),
    ]);
  });
  Deno.test.afterAll(async () => {
    await postgres?.[Symbol.asyncDispose]();
    await redis?.[Symbol.asyncDispose]();
  });

  Deno.test("a queue that moves from SQLite to PostgreSQL, to Redis and back to SQLite is the same everywhere", async () => {
    await using folder = await tempFolder();
    const first = `sqlite:${folder.file("first.db")}`;
    const last = `sqlite:${folder.file("last.db")}`;
    await fill(first);
    const texts = await textsOf(first);
    const digests = new Set<string>();
    for (
      const [from, to] of [[first, urls().postgres], [urls().postgres, urls().redis], [urls().redis, last]]
    ) {
      const { code, out, err } = await move(["--from", from ?? "", "--to", to ?? "", "--json"]);
      assert.equal(code, 0, err);
      assert.equal(err, "");
      const { jobs, digest, already_there } = JSON.parse(out);
      assert.deepEqual([jobs, already_there], [texts.length, 0]);
      digests.add(digest);
      assert.deepEqual(await textsOf(to ?? ""), texts);
      assert.deepEqual(await withStore(to ?? "", (store) => store.check()), []);
    }
    assert.equal(digests.size, 1);
    assert.deepEqual(await textsOf(first), texts, "the source is as it was");
    const queue = await getQueue(last, { role: "owner" });
    const recovered = await queue.recover();
    await queue.close();
    assert.deepEqual(recovered.map(({ id }) => id).sort(), ["PROCESSING", "long history"]);
  });

  Deno.test("a server on which a supervisor works is refused as the source and as the target", async () => {
    await using folder = await tempFolder();
    for (const url of [urls().postgres, urls().redis]) {
      const supervisor = await openStore(url, "owner");
      await supervisor.join(PROCESS);
      const file = `sqlite:${folder.file("queue.db")}`;
      await withStore(file, (store) => store.check());
      const asSource = await move(["--from", url, "--to", file]);
      assert.equal(asSource.code, 1);
      assert.match(asSource.err, /supervisor works on the source \(host here, process 1\): stop it first/);
      const asTarget = await move(["--from", file, "--to", url]);
      assert.equal(asTarget.code, 1);
      assert.match(asTarget.err, /supervisor works on the target/);
      await supervisor.leave(PROCESS.id);
      await supervisor.close();
    }
  });

  Deno.test("a move neither needs, copies nor changes login data", async () => {
    const factsOf = ({ capabilities: { facts } }: Store) => {
      assert.ok(!("reason" in facts));
      return facts;
    };
    const fact = { realm: "pq_manager", key: "hash", text: "a session", livesMs: 60_000 };
    const [from, to] = [postgres?.url("moved_from") ?? "", redis?.url("moved-to") ?? ""];
    const supervisor = await openStore(from, "owner");
    await factsOf(supervisor).put(fact, null);
    await addAll(supervisor, [newJob("a job")]);
    await supervisor.close();
    assert.equal((await move(["--from", from, "--to", to])).code, 0);
    assert.deepEqual(await withStore(to, (store) => factsOf(store).list(fact.realm)), []);
    const { key, text } = fact;
    assert.deepEqual(await withStore(from, (store) => factsOf(store).list(fact.realm)), [{ key, text }]);
    await withStore(to, (store) => factsOf(store).put({ ...fact, text: "of the target" }, null));
    const again = await move(["--from", from, "--to", to]);
    assert.equal(again.code, 0, "what is shared is no job of the target");
  });

  Deno.test("an error with a NUL, which Redis alone can hold, does not stop a move", async () => {
    await using folder = await tempFolder();
    const from = redis?.url("with-nul") ?? "";
    const line = { at: 5, event: "failed", lease: 1, retries: 0, consumerId: "c", takenAt: 1 } as const;
    const history = [{ ...line, detail: "a\0b", ranMs: 12, report: "\0", log: null }];
    await withStore(from, (store) => store.restore([storedJob("a", { error: "a\0b", history })]));
    for (const to of [`sqlite:${folder.file("queue.db")}`, postgres?.url("with_nul") ?? ""]) {
      const { code, err } = await move(["--from", from, "--to", to]);
      assert.equal(code, 0, err);
      const found = await withStore(to, (store) => store.get("a"));
      assert.deepEqual([found?.job.error, found?.history[0]?.detail], ["a\uFFFDb", "a\uFFFDb"]);
    }
  });

  Deno.test("a move whose server crashes ends with exit code 74, and the next run goes on from there", async () => {
    await using folder = await tempFolder();
    await using durable = await postgresServer();
    const [from, to] = [`sqlite:${folder.file("queue.db")}`, durable.url("crashed")];
    await withStore(from, (store) => addAll(store, Array.from({ length: 20_000 }, (_, i) => newJob(`${i}`))));
    const moving = move(["--from", from, "--to", to]);
    await eventually("the first jobs are there", async () => {
      const found = await durable.sql("SELECT 1 FROM crashed.jobs LIMIT 1").catch(() => []);
      return found.length > 0;
    }, { withinMs: 20_000 });
    await durable.crash();
    const cut = await moving;
    assert.equal(cut.code, 74, cut.err);
    const { code, out, err } = await move(["--from", from, "--to", to]);
    assert.equal(code, 0, err);
    assert.match(out, /^Copied 20,000 jobs \([\d,]+ of them were there already\)/);
    assert.deepEqual(await textsOf(to), await textsOf(from));
  });

  Deno.test("a server that is gone is exit code 74, and no message shows the password", async () => {
    await using folder = await tempFolder();
    const file = `sqlite:${folder.file("queue.db")}`;
    await withStore(file, (store) => store.check());
    for (const to of ["postgres://u:topsecret@127.0.0.1:1/jobs", "redis://u:topsecret@127.0.0.1:1/0"]) {
      const { code, out, err } = await move(["--from", file, "--to", to]);
      assert.equal(code, 74, err);
      assert.doesNotMatch(out + err, /topsecret/);
    }
  });
}

Deno.test("move says how far it is, and in the end how many jobs and lines there are, and what to do", async () => {
  await using folder = await tempFolder();
  const [from, to] = [`sqlite:${folder.file("a.db")}`, `sqlite:${folder.file("b.db")}`];
  await withStore(from, (store) => addAll(store, Array.from({ length: 450 }, (_, i) => newJob(`${i}`))));
  await withStore(from, (store) => store.move("cancel", ["7"]));
  let time = 0;
  const { code, out, err } = await move(["--to", to], { queueUrl: from, elapsed: () => time += 600 });
  assert.equal(code, 0, err);
  assert.match(
    out,
    /^Copied 450 jobs and 1 line of history: counts and digest \(SHA-256 [0-9a-f]{64}\) agree\./,
  );
  assert.match(out, /Set QUEUE_URL to the target, and start\.$/);
  assert.match(err, /^\d+ of 450 jobs (copied|compared again) …$/m);
  const again = await move(["--to", to], { queueUrl: from });
  assert.match(again.out, /^Copied 450 jobs \(450 of them were there already\)/);
});

Deno.test("move takes one of the two from QUEUE_URL or from standard input, where no other user sees a password", async () => {
  await using folder = await tempFolder();
  const [a, b, c] = ["a", "b", "c"].map((name) => `sqlite:${folder.file(`${name}.db`)}`) as [
    string,
    string,
    string,
  ];
  await withStore(a, (store) => store.insert([newJob("one")]));
  const fromArgument = await move(["--from", a], { queueUrl: b });
  assert.equal(fromArgument.code, 0, fromArgument.err);
  assert.match(fromArgument.out, /agree\. Start the system\.$/);
  const toInput = await move(["--to", "-"], { queueUrl: b, input: `${c}\n` });
  assert.equal(toInput.code, 0, toInput.err);
  assert.equal(toInput.err, "");
  assert.equal((await textsOf(c)).length, 1);
  const server = "redis://u:topsecret@127.0.0.1:1/0";
  const seen = await move(["--to", server], { queueUrl: a });
  assert.match(seen.err, /^--to shows a password to other users .* standard input with --to -\.$/m);
  assert.doesNotMatch(seen.err, /topsecret/);
  for (
    const hidden of [
      await move(["--to", "-"], { queueUrl: a, input: server }),
      await move(["--from", a], { queueUrl: server }),
    ]
  ) {
    assert.equal(hidden.code, 74);
    assert.doesNotMatch(hidden.err, /other users|topsecret/);
  }
});

Deno.test("move refuses one queue as its own target, however it is written", async () => {
  await using folder = await tempFolder();
  const path = folder.file("queue.db");
  await withStore(`sqlite:${path}`, (store) => store.check());
  await Deno.symlink(folder.path, `${folder.path}/link`);
  const pairs = [
    [`sqlite:${path}`, `sqlite:${folder.path}/./link/queue.db`],
    ["postgres://a:b@localhost/jobs", "postgresql://c:d@127.0.0.1:5432/jobs?schema=persistent_queue"],
    ["redis://a:b@Redis.example.com", "rediss://redis.example.com:6379/0?prefix=persistent-queue"],
  ] as const;
  for (const [from, to] of pairs) {
    const { code, err } = await move(["--from", from, "--to", to]);
    assert.deepEqual([code, /the same queue/.test(err)], [1, true], `${from} ${to}: ${err}`);
  }
  const json = await move(["--from", pairs[1][0], "--to", pairs[1][1], "--json"]);
  assert.equal(JSON.parse(json.err).error.code, "rejected");
});

Deno.test("move without a target, with ids or with an invalid URL is a usage error", async () => {
  for (
    const [args, pattern] of [
      [[], /Say where to with --to <url>, or where from with --from <url>/],
      [["--from", "-", "--to", "sqlite:b.db"], /^--from does not look like a URL/],
      [["--from", "-", "--to", "-"], /^Standard input holds one URL/],
      [["a", "--to", "sqlite:b.db"], /takes no ids/],
      [["--to", "mysql://u:topsecret@h/d"], /^--to names no backend/],
      [["--from", "postgres://u:topsecret@", "--to", "sqlite:b.db"], /^--from /],
    ] as const
  ) {
    const { code, err } = await move(args);
    assert.equal(code, 2, err);
    assert.match(err, pattern);
    assert.doesNotMatch(err, /topsecret/);
  }
});

Deno.test("move refuses a target that holds other jobs, and a source on which a supervisor works", async () => {
  await using folder = await tempFolder();
  const [from, to] = [`sqlite:${folder.file("a.db")}`, `sqlite:${folder.file("b.db")}`];
  await withStore(from, (store) => store.insert([newJob("a")]));
  await withStore(to, (store) => store.insert([newJob("mine")]));
  const other = await move(["--from", from, "--to", to]);
  assert.equal(other.code, 1);
  assert.match(other.err, /^The target holds the job "mine", which the source does not have/);
  const owner = await openStore(from, "owner");
  const atWork = await move(["--from", from, "--to", `sqlite:${folder.file("c.db")}`]);
  await owner.close();
  assert.deepEqual([atWork.code, atWork.err], [1, "A supervisor works on the source: stop it first."]);
});

Deno.test("a move that is killed in the middle and run again doubles nothing and loses nothing", async () => {
  await using folder = await tempFolder();
  const [from, to] = [`sqlite:${folder.file("a.db")}`, `sqlite:${folder.file("b.db")}`];
  const total = 20_000;
  await withStore(
    from,
    (store) => addAll(store, Array.from({ length: total }, (_, i) => newJob(`job ${i}`))),
  );
  const args = ["run", "-A", "--no-check", "--no-prompt", MAIN, "jobs", "move", "--from", from, "--to", to];
  const start = () =>
    new Deno.Command(Deno.execPath(), { args, cwd: folder.path, stdout: "piped", stderr: "piped" });
  const child = start().spawn();
  const there = async () => {
    try {
      await Deno.stat(folder.file("b.db"));
      return await withStore(to, async (store) => (await store.stats({ silentForMs: 0 })).counts.PENDING);
    } catch {
      return 0; // It is just being made.
    }
  };
  await eventually("the first jobs are there", async () => await there() > 0, { withinMs: 20_000 });
  child.kill("SIGKILL");
  await child.output();
  const half = await there();
  assert.ok(half > 0 && half < total, `${half} jobs were there when it was killed`);
  const { code, stdout, stderr } = await start().output();
  const out = new TextDecoder().decode(stdout);
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  assert.match(out, /^Copied 20,000 jobs \([\d,]+ of them were there already\)/);
  assert.deepEqual(await textsOf(to), await textsOf(from));
});

Deno.test("PGSSLMODE encrypts the connection to a PostgreSQL that jobs move is given, as it does that of QUEUE_URL", async () => {
  await using folder = await tempFolder();
  const from = `sqlite:${folder.file("a.db")}`;
  await withStore(from, (store) => store.insert([newJob("one")]));
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const first = listener.accept().then(async (connection) => {
    const bytes = new Uint8Array(8);
    await connection.read(bytes);
    connection.close();
    return new DataView(bytes.buffer).getUint32(4);
  });
  const to = `POSTGRES://queue@127.0.0.1:${listener.addr.port}/jobs`;
  const command = (env: Record<string, string>) =>
    spawnSystem({
      command: `jobs move --from ${from} --to ${to}`,
      folder: folder.path,
      env: { ...env, QUEUE_URL: from },
    });
  const refused = await command({ PGSSLMODE: "on" }).output();
  assert.equal(refused.code, 2);
  assert.match(new TextDecoder().decode(refused.stderr), /PGSSLMODE is "on", but must be one of disable, /);
  const child = command({ PGSSLMODE: "require" });
  const output = child.output();
  // It asks for TLS before it says who it is.
  assert.equal(await first, 80_877_103);
  listener.close();
  assert.notEqual((await output).code, 0);
});
