/** What a store on PostgreSQL opens, and what it refuses with a sentence. */
import assert from "node:assert/strict";
import { StorageError } from "../../queue/errors.ts";
import { misreadQueueUrl, openStore } from "../../queue/get_queue.ts";
import { eventually } from "../support/eventually.ts";
import { type PostgresServer, postgresServer, whyNoPostgres } from "../support/servers/postgres_server.ts";

let server: PostgresServer;

/** The error of an open that fails; a lasting one ends the start with exit code 74. */
async function refusal(url: string, role: "owner" | "guest" = "owner"): Promise<StorageError> {
  try {
    await (await openStore(url, role, { mustExist: role === "guest" })).close();
  } catch (error) {
    assert.ok(error instanceof StorageError, String(error));
    return error;
  }
  throw new Error(`${url} was opened`);
}

const missing = whyNoPostgres();
if (missing !== null) {
  console.log(`SKIPPED: ${missing}, so what it refuses is not tested here`);
} else {
  Deno.test.beforeAll(async () => {
    server = await postgresServer({ isDurable: false });
    await server.sql(`CREATE ROLE reader LOGIN; CREATE ROLE stranger LOGIN PASSWORD 'secret'`);
    await server.sql(
      "CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'",
    );
  });
  Deno.test.afterAll(async () => await server[Symbol.asyncDispose]());

  Deno.test("processes that start together on an empty server all open the queue, and one creates its tables", async () => {
    const opening = Array.from({ length: 8 }, () => openStore(server.url("at_once"), "owner"));
    const stores = await Promise.all(opening);
    for (const store of stores) assert.deepEqual(await store.check(), []);
    await Promise.all(stores.map((store) => store.close()));
    const steps = await server.sql("SELECT version FROM at_once.persistent_queue");
    assert.equal(steps.length, 1);
  });

  Deno.test("a schema of another program is refused, and left as it is", async () => {
    await server.sql("CREATE SCHEMA theirs; CREATE TABLE theirs.jobs (id int)");
    const { message, passing } = await refusal(server.url("theirs"));
    assert.match(message, /^The schema "theirs" belongs to another program: .*\?schema=jobs\.$/);
    assert.equal(passing, false);
    assert.deepEqual(
      await server.sql("SELECT column_name FROM information_schema.columns WHERE table_schema = 'theirs'"),
      [
        { column_name: "id" },
      ],
    );
  });

  Deno.test("a program with PGSSLMODE does not connect without TLS, and one with PGTARGETSESSIONATTRS opens its queue", async () => {
    const set = (values: Readonly<Record<string, string>>) =>
      Object.entries(values).forEach(([name, value]) => Deno.env.set(name, value));
    try {
      set({ PGSSLMODE: "require" });
      const url = server.url("with_variables");
      assert.match((await refusal(url)).message, /^PostgreSQL offers no TLS here: /);
      set({ PGSSLMODE: "on" });
      assert.match((await refusal(url)).message, /^QUEUE_URL has an unknown sslmode: /);
      set({ PGTARGETSESSIONATTRS: "any" });
      await (await openStore(`${url}&sslmode=disable`, "owner")).close();
      set({ PGTARGETSESSIONATTRS: "standby" });
      await (await openStore(`${url}&sslmode=disable`, "owner")).close();
    } finally {
      for (const name of ["PGSSLMODE", "PGTARGETSESSIONATTRS"]) Deno.env.delete(name);
    }
  });

  for (
    const [what, setting, words] of [
      ["does not wait for its disk", "fsync", /^PostgreSQL does not wait for its disk, .*set fsync = on\.$/],
      [
        "writes no whole pages to its log",
        "full_page_writes",
        /half written, .*set full_page_writes = on\.$/,
      ],
    ] as const
  ) {
    Deno.test(`a server that ${what} is used, with a warning; once it does, there is none`, async () => {
      const store = await openStore(server.url(`without_${setting}`), "owner");
      const told = async () => {
        const { durability, warnings } = await store.stats({ silentForMs: 0 });
        return [durability, ...warnings];
      };
      assert.deepEqual(await told(), ["power_loss"]);
      const set = async (value: "on" | "off") => {
        // Neither is allowed in a transaction, which a text of several statements is.
        await server.sql(`ALTER SYSTEM SET ${setting} = ${value}`);
        await server.sql("SELECT pg_reload_conf()");
      };
      await set("off");
      const [level, warning] = await eventually("it is reported", async () => {
        const all = await told();
        return all.length > 1 ? all : null;
      });
      assert.equal(level, "crash");
      assert.match(String(warning), words);
      await set("on");
      await eventually("it is well again", async () => (await told()).length === 1);
      await store.close();
    });
  }

  Deno.test("an empty schema that a user was given is used, without the right to create one", async () => {
    await server.sql("CREATE SCHEMA given AUTHORIZATION stranger");
    const url = server.url("given").replace("queue@", "stranger@");
    const store = await openStore(url, "owner");
    assert.deepEqual(await store.check(), []);
    await store.close();
  });

  Deno.test("a queue of a newer release is refused by a supervisor and by a command", async () => {
    await (await openStore(server.url("newer"), "owner")).close();
    await server.sql("UPDATE newer.persistent_queue SET version = version + 1");
    for (const role of ["owner", "guest"] as const) {
      assert.match(
        (await refusal(server.url("newer"), role)).message,
        /newer release .*: upgrade this program\.$/,
      );
    }
  });

  Deno.test("a command does not create a missing queue, and does not migrate an older one", async () => {
    assert.match(
      (await refusal(server.url("nowhere"), "guest")).message,
      /^The schema "nowhere" holds no queue: /,
    );
    assert.deepEqual(await server.sql("SELECT 1 FROM pg_namespace WHERE nspname = 'nowhere'"), []);
    await (await openStore(server.url("older"), "owner")).close();
    await server.sql("UPDATE older.persistent_queue SET version = 0");
    assert.match(
      (await refusal(server.url("older"), "guest")).message,
      /older release .*: start the system once/,
    );
  });

  Deno.test("a sentence says what is wrong with a URL, a user, a database or a server, without the password", async () => {
    const at = `127.0.0.1:${server.port}`;
    const cases: Record<string, RegExp> = {
      [`postgres://reader:hunter2@${at}/postgres?schema=of_reader`]:
        /^There is no schema "of_reader", and the user may not make one: .* run CREATE SCHEMA "of_reader" AUTHORIZATION reader, and start again\.$/,
      [`postgres://nobody:hunter2@${at}/postgres`]: /refuses this user or password: check QUEUE_URL/,
      [`postgres://queue:hunter2@${at}/nothing`]: /no such database: create it, or check QUEUE_URL/,
      [`postgres://queue:hunter2@${at}/latin`]:
        /stores text as LATIN1, .*: create one with the encoding UTF8/,
      ["postgres://queue:hunter2@127.0.0.1:1/postgres"]:
        /cannot be reached: see that it runs, .* \(127\.0\.0\.1:1\/postgres: /,
      ["postgres:///jobs"]: /^QUEUE_URL names no host/,
      ["postgres://queue:hunter2@db"]: /^QUEUE_URL names no database/,
      ["postgres://queue:hunter2@db/jobs?sslmode=on"]:
        /^QUEUE_URL has an unknown sslmode: use one of .*require/,
      ["postgres://queue:hunter2@db/jobs?sslrootcert=ca.pem"]: /: set the variable DENO_CERT to the file/,
      ["postgres://queue:hunter2@db/jobs?sslcert=me.pem"]: /client certificate, .*: give a password, /,
      ["postgres://queue:hunter2@db/jobs?target_session_attrs=any"]:
        /^QUEUE_URL has .*: take it out, or use /,
      ["postgres://queue:hunter2@db/jobs?search_path=public"]: /: name the schema by .* \?schema=jobs\.$/,
      ["postgres://queue:hunter2@db/jobs?schema=Bad%20Name"]: /^QUEUE_URL has an invalid schema name/,
    };
    for (const [url, sentence] of Object.entries(cases)) {
      const { message } = await refusal(url);
      assert.match(message, sentence);
      assert.doesNotMatch(message, /hunter2/);
      assert.match(message, /\.$/);
    }
    assert.equal(misreadQueueUrl("postgresql://db.example.com/jobs"), null);
  });

  Deno.test("a user who may not use the schema is told that, and not that its tables were changed by hand", async () => {
    await (await openStore(server.url("walled"), "owner")).close();
    const url = server.url("walled").replace("queue@", "reader@");
    for (const role of ["owner", "guest"] as const) {
      assert.match(
        (await refusal(url, role)).message,
        /^PostgreSQL lets this user do less than the queue needs: .*: permission denied for schema walled\)\.$/,
      );
    }
  });

  Deno.test("a user whose transactions are read-only on a primary is not only told of a standby", async () => {
    await server.sql("ALTER ROLE reader SET default_transaction_read_only = on");
    await server.sql("CREATE SCHEMA quiet AUTHORIZATION reader");
    const { message, passing } = await refusal(server.url("quiet").replace("queue@", "reader@"));
    await server.sql("ALTER ROLE reader RESET default_transaction_read_only");
    assert.match(message, /^PostgreSQL takes no writes here: .* a standby, or the user or the database is /);
    assert.ok(passing);
  });

  Deno.test("another program at the port is reported as such, whether it answers or not", async () => {
    const web = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => new Response());
    using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const taken: Deno.Conn[] = [];
    const taking = (async () => {
      for await (const connection of silent) taken.push(connection);
    })();
    const at = ({ port }: Deno.NetAddr) => `postgres://queue:hunter2@127.0.0.1:${port}/jobs`;
    for (const tls of ["", "?sslmode=require"]) {
      const { message, passing } = await refusal(at(web.addr) + tls);
      assert.match(
        message,
        /^What answers there is not PostgreSQL: see that QUEUE_URL names its host and its port \(/,
      );
      assert.equal(passing, false);
    }
    const { message, passing } = await refusal(at(silent.addr));
    assert.match(
      message,
      /^PostgreSQL does not answer: see that it is well, and that QUEUE_URL names its port, /,
    );
    assert.ok(passing);
    silent.close();
    await taking;
    for (const connection of taken) connection.close();
    await web.shutdown();
  });

  Deno.test("a manual edit is counted, and noticed by a store that watches", async () => {
    const store = await openStore(server.url("edited"), "owner");
    const seen = Promise.withResolvers<void>();
    using _watch = store.watch(() => seen.resolve());
    await server.sql("INSERT INTO edited.jobs (id) SELECT 'job ' || n FROM generate_series(1, 3) AS n");
    await seen.promise;
    await server.sql("UPDATE edited.jobs SET status = 'FAILED' WHERE id = 'job 1'");
    await server.sql("DELETE FROM edited.jobs WHERE id = 'job 2'");
    const { counts } = await store.stats({ silentForMs: 0 });
    assert.deepEqual([counts.PENDING, counts.FAILED], [1, 1]);
    assert.deepEqual(await store.check(), []);
    await server.sql("TRUNCATE edited.jobs");
    assert.equal((await store.stats({ silentForMs: 0 })).counts.PENDING, 0);
    assert.deepEqual(await store.check(), []);
    await store.close();
  });

  Deno.test("the new server does not grant a lease again that was granted before a failover", async () => {
    const store = await openStore(server.url("failover"), "owner");
    try {
      const job = { id: "a", kind: "file", payload: "null", priority: 0, runAt: null, replace: false };
      await store.insert([job]);
      const claimOne = async () => {
        return (await store.claim([{ consumerId: "c1", limit: 1, suspect: false }])).claimed[0];
      };
      const lost = await claimOne();
      assert.ok(lost);
      // The claim never reached the standby that took over.
      await server.sql(
        "SET search_path = failover; DELETE FROM jobs; INSERT INTO jobs (seq, id) OVERRIDING SYSTEM VALUE VALUES (1, 'a')",
      );
      await new Promise((resolve) => setTimeout(resolve, 5));
      const again = await claimOne();
      assert.equal(again?.seq, lost.seq);
      assert.deepEqual(await store.settle([{ ...lost, verb: "complete", result: null }]), [false]);
    } finally {
      await store.close();
    }
  });
}
