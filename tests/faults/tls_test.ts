/** PostgreSQL and Redis over TLS: the errors about certificates, and that the queue works as it does without TLS. */
import assert from "node:assert/strict";
import { StorageError } from "../../queue/errors.ts";
import { openStore } from "../../queue/get_queue.ts";
import type { NewJob } from "../../queue/store.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/processes/free_port.ts";
import { addFile, runSystem, spawnSystem } from "../support/processes/running_system.ts";
import {
  type Certificate,
  issuedCertificate,
  selfSignedCertificate,
} from "../support/servers/certificates.ts";
import { type PostgresServer, postgresServer, whyNoPostgres } from "../support/servers/postgres_server.ts";
import { type RedisServer, redisServer, whyNoRedis } from "../support/servers/redis_server.ts";
import { relayTo } from "../support/servers/relay.ts";
import { serverFolder } from "../support/servers/server_process.ts";
import type { TempFolder } from "../support/temp_folder.ts";

const STORAGE = 74;
const JOB: NewJob = { id: "one", kind: "file", payload: "null", priority: 0, runAt: null, replace: false };
const NOT_TRUSTED =
  /^The certificate of (PostgreSQL|Redis) is not trusted: set the variable DENO_CERT to the file of the authority that issued it, and see that it has not expired \(.*\)\.\n$/;
const ANOTHER_NAME =
  /^The certificate of (PostgreSQL|Redis) is for another name: name the server in QUEUE_URL as its certificate does \(.*\)\.\n$/;

/** The start ends with this sentence. */
async function refuses(url: string, says: RegExp, env: Record<string, string> = {}): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "persistent-queue-" });
  const ports = { MANAGER_PORT: String(freePort()), OPS_PORT: String(freePort()) };
  const start = { command: "supervise confined", folder, env: { ...ports, ...env, QUEUE_URL: url } } as const;
  const { code, stderr } = await spawnSystem(start).output();
  assert.match(new TextDecoder().decode(stderr), says);
  assert.equal(code, STORAGE);
  await Deno.remove(folder, { recursive: true });
}

/** The system starts, with the permissions that it computes, and works. */
async function works(
  url: string,
  { env = {}, whenDone = () => Promise.resolve() }: {
    readonly env?: Record<string, string>;
    readonly whenDone?: () => Promise<void>;
  } = {},
): Promise<void> {
  await using system = await runSystem({ command: "supervise confined", env: { ...env, QUEUE_URL: url } });
  await system.until(await addFile(system, `${crypto.randomUUID()}.txt`), "COMPLETED");
  await whenDone();
}

const missing = [whyNoPostgres(), whyNoRedis()];
const [noPostgres, noRedis] = missing;
for (const why of missing) if (why !== null) console.log(`SKIPPED: ${why}, so TLS to one is not tried`);

if (noPostgres === null) {
  let folder: TempFolder;
  let own: Certificate;
  let server: PostgresServer;
  const urlOf = (mode: string, { host = "127.0.0.1", schema = "persistent_queue" } = {}) =>
    `postgres://queue@${host}:${server.port}/postgres?sslmode=${mode}&schema=${schema}`;

  const contentsOf = ({ certificate, key }: Certificate) =>
    Promise.all([certificate, key].map((path) => Deno.readFile(path)));
  const copyOf = async (path: string) => {
    const copy = await Deno.makeTempFile({ prefix: "persistent-queue-" });
    await Deno.copyFile(path, copy);
    return copy;
  };
  const renew = async ([certificate = new Uint8Array(), key = new Uint8Array()]: readonly Uint8Array[]) => {
    await Deno.writeFile(own.certificate, certificate);
    await Deno.writeFile(own.key, key);
    await server.sql("SELECT pg_reload_conf()");
  };
  const endConnections = () =>
    server.sql(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'persistent-queue'",
    );

  Deno.test.beforeAll(async () => {
    folder = await serverFolder();
    own = await selfSignedCertificate(folder, "IP:127.0.0.1");
    const files = { ssl_cert_file: own.certificate, ssl_key_file: own.key };
    server = await postgresServer({ isDurable: false, settings: { ssl: "on", ...files } });
  });
  Deno.test.afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  Deno.test("PostgreSQL: with sslmode=require every connection is encrypted, whoever signed the certificate", async () => {
    const whenDone = async () => {
      const connections = await server.sql(
        `SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'persistent-queue'`,
      );
      assert.ok(connections.length > 1);
      assert.ok(connections.every(({ ssl }) => ssl === true));
    };
    await works(urlOf("require"), { whenDone });
  });

  Deno.test("PostgreSQL: sslmode=verify-full refuses a self-signed certificate, and says which variable trusts it", async () => {
    await refuses(urlOf("verify-full"), NOT_TRUSTED);
  });

  Deno.test("PostgreSQL: sslmode=verify-full accepts the certificate of DENO_CERT for the address that it names", async () => {
    await works(urlOf("verify-full"), { env: { DENO_CERT: own.authority } });
  });

  Deno.test("PostgreSQL: sslmode=verify-full refuses a trusted certificate for another name", async () => {
    await refuses(urlOf("verify-full", { host: "localhost" }), ANOTHER_NAME, { DENO_CERT: own.authority });
  });

  Deno.test("PostgreSQL: a certificate that is no longer trusted is reported while the system runs, and does not end it", async () => {
    const url = urlOf("verify-full", { schema: "renewed" });
    const env = { DENO_CERT: await copyOf(own.authority), QUEUE_URL: url };
    await using system = await runSystem({ command: "supervise confined", env });
    await system.healthy();
    await using other = await serverFolder();
    const [before, wrong] = [await contentsOf(own), await selfSignedCertificate(other, "IP:127.0.0.1")];
    await renew(await contentsOf(wrong));
    await eventually("it is reported", async () => {
      await endConnections();
      return system.lines.some((line) => /certificate of PostgreSQL is not trusted: /.test(line));
    });
    await renew(before);
    await system.healthy();
    await Deno.remove(env.DENO_CERT);
  });

  for (const mode of ["require", "verify-full"]) {
    Deno.test(`PostgreSQL: sslmode=${mode} ends the start on a server without TLS, with a sentence`, async () => {
      await using plain = await postgresServer({ isDurable: false });
      await refuses(
        `postgres://queue@127.0.0.1:${plain.port}/postgres?sslmode=${mode}`,
        /^PostgreSQL offers no TLS here: turn ssl on there, or take sslmode out of QUEUE_URL \(.*\)\.\n$/,
      );
    });
  }

  Deno.test("PostgreSQL: over TLS too, a server that is silent or down is noticed in time, retried rarely, and found again", async () => {
    await using relay = relayTo(server.port);
    const store = await openStore(
      urlOf("require", { schema: "relayed" }).replace(`:${server.port}`, `:${relay.port}`),
      "owner",
    );
    const failure = () => store.probe().then(() => null, (error) => error);
    const worksAgain = () => store.insert([JOB]).then(() => true, () => false);
    try {
      relay.swallow();
      const since = performance.now();
      assert.match((await failure()).message, /^PostgreSQL does not answer \(/);
      assert.ok(performance.now() - since < 5_000);
      relay.mend();
      await eventually("it works again", worksAgain);
      relay.cut();
      const [before, until] = [relay.asked.length, performance.now() + 2_000];
      while (performance.now() < until) {
        const error = await failure();
        assert.ok(error instanceof StorageError && error.passing, String(error));
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      assert.ok(relay.asked.length - before < 100, `${relay.asked.length - before} connections`);
      relay.mend();
      await eventually("it works again", worksAgain);
    } finally {
      await store.close();
    }
  });
}

if (noRedis === null) {
  let folder: TempFolder;
  let issued: Certificate;
  let server: RedisServer;
  const port = freePort();
  const urlOf = (host: string) => `rediss://${host}:${port}`;

  Deno.test.beforeAll(async () => {
    folder = await serverFolder();
    issued = await issuedCertificate(folder, "DNS:localhost");
    const files = { "tls-cert-file": issued.certificate, "tls-key-file": issued.key };
    const trusts = { "tls-ca-cert-file": issued.authority, "tls-auth-clients": "no" };
    server = await redisServer({ "tls-port": String(port), ...files, ...trusts });
  });
  Deno.test.afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  Deno.test("Redis: rediss: accepts a certificate issued by the authority in DENO_CERT", async () => {
    await works(urlOf("localhost"), { env: { DENO_CERT: issued.authority } });
  });

  Deno.test("Redis: over TLS too, a server that falls silent is reported, and the system works again when it answers", async () => {
    await using relay = relayTo(port);
    const env = { DENO_CERT: issued.authority, QUEUE_URL: `rediss://localhost:${relay.port}?prefix=relayed` };
    await using system = await runSystem({ command: "supervise confined", env });
    await system.healthy();
    relay.swallow();
    await eventually(
      "it is reported",
      () => system.lines.some((line) => line.includes("Redis does not answer")),
      { withinMs: 10_000 },
    );
    relay.mend();
    await system.healthy();
    await system.until(await addFile(system, "one.txt"), "COMPLETED");
  });

  Deno.test("Redis: rediss: refuses a certificate of an unknown authority", async () => {
    await refuses(urlOf("localhost"), NOT_TRUSTED);
  });

  Deno.test("Redis: rediss: refuses a trusted certificate for another name", async () => {
    await refuses(urlOf("127.0.0.1"), ANOTHER_NAME, { DENO_CERT: issued.authority });
  });
}
