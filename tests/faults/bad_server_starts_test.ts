/** Starts on a server that cannot be used as it is: one sentence that says what to do, the exit code, no password. */
import assert from "node:assert/strict";
import { openStore } from "../../queue/get_queue.ts";
import { SCHEMA_VERSION } from "../../queue/postgres/migrations.ts";
import { freePort } from "../support/processes/free_port.ts";
import { type RunOptions, spawnSystem } from "../support/processes/running_system.ts";
import { type PostgresServer, postgresServer, whyNoPostgres } from "../support/servers/postgres_server.ts";
import { type RedisServer, redisServer, whyNoRedis } from "../support/servers/redis_server.ts";
import { serverFolder } from "../support/servers/server_process.ts";
import { type TempFolder, tempFolder } from "../support/temp_folder.ts";

/** Unique to this run: no other program on the machine has it. */
const PASSWORD = `hunter2-secret-${crypto.randomUUID()}`;
/** A start that is refused takes a second or two; the machine may be busy. */
const ENDS_WITHIN_MS = 15_000;
const [SETTINGS, STORAGE] = [78, 74];

interface BadServer<Server> {
  readonly name: string;
  readonly prepare?: (server: Server) => Promise<unknown>;
  readonly url: (server: Server) => string;
  readonly code: number;
  /** Everything that is printed, with `PLACE` for the address of the server. */
  readonly says: string;
  /** What the command line prints, if it is tested as well. */
  readonly jobsSay?: string;
}

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Everything that was printed or written, and the command lines of all processes during it. */
  readonly traces: string;
}

const loginOf = (server: PostgresServer, user: string, database = "postgres") =>
  `postgres://${user}:${PASSWORD}@127.0.0.1:${server.port}/${database}`;
const ofRedis = ({ port }: RedisServer, user: string, prefix = "persistent-queue") =>
  `redis://${user}:${PASSWORD}@127.0.0.1:${port}?prefix=${prefix}`;
const made = async (url: string) => await (await openStore(url, "owner")).close();

const ON_POSTGRES: readonly BadServer<PostgresServer>[] = [
  {
    name: "a URL without a host",
    url: () => `postgres://queue:${PASSWORD}@/jobs`,
    code: SETTINGS,
    says: "QUEUE_URL names no host: for example postgres://user:password@db.example.com/jobs",
    jobsSay: "QUEUE_URL names no host: for example postgres://user:password@db.example.com/jobs",
  },
  {
    name: "a URL with a percent sign that encodes nothing",
    url: () => `postgres://queue:${PASSWORD}100%@127.0.0.1/jobs`,
    code: SETTINGS,
    says:
      "QUEUE_URL has a % that encodes nothing: write % as %25 in a password, for example postgres://user:password@db.example.com/jobs",
    jobsSay:
      "QUEUE_URL has a % that encodes nothing: write % as %25 in a password, for example postgres://user:password@db.example.com/jobs",
  },
  {
    name: "a URL without a user",
    url: ({ port }) => `postgres://:${PASSWORD}@127.0.0.1:${port}/postgres`,
    code: SETTINGS,
    says: "QUEUE_URL names no user: for example postgres://user:password@db.example.com/jobs, or set PGUSER",
  },
  {
    name: "a URL with the file of an authority",
    url: (server) => `${loginOf(server, "queue")}?sslmode=verify-full&sslrootcert=ca.pem`,
    code: SETTINGS,
    says:
      "QUEUE_URL names a certificate authority in sslrootcert: set the variable DENO_CERT to the file of its certificate, and use for example ?sslmode=verify-full",
  },
  {
    name: "a wrong password",
    url: (server) => loginOf(server, "locked"),
    code: STORAGE,
    says:
      'PostgreSQL refuses this user or password: check QUEUE_URL (PLACE/postgres: password authentication failed for user "locked").',
    jobsSay:
      'PostgreSQL refuses this user or password: check QUEUE_URL (PLACE/postgres: password authentication failed for user "locked").',
  },
  {
    name: "no such database",
    url: (server) => loginOf(server, "queue", "nothing"),
    code: STORAGE,
    says:
      'There is no such database: create it, or check QUEUE_URL (PLACE/nothing: database "nothing" does not exist).',
  },
  {
    name: "a parameter that the server does not know",
    url: (server) => `${loginOf(server, "queue")}?shared_bufers=1`,
    code: STORAGE,
    says:
      'PostgreSQL refuses a parameter: correct those of QUEUE_URL, and use PostgreSQL 14 or newer (PLACE/postgres: unrecognized configuration parameter "shared_bufers").',
  },
  {
    name: "a parameter whose value the server does not take",
    url: (server) => `${loginOf(server, "queue")}?work_mem=much`,
    code: STORAGE,
    says:
      'PostgreSQL refuses a parameter: correct those of QUEUE_URL, and use PostgreSQL 14 or newer (PLACE/postgres: invalid value for parameter "work_mem": "much").',
  },
  {
    name: "a user who may not create the schema",
    url: (server) => loginOf(server, "guest"),
    code: STORAGE,
    says:
      'There is no schema "persistent_queue", and the user may not make one: as the owner of the database, run CREATE SCHEMA "persistent_queue" AUTHORIZATION guest, and start again.',
  },
  {
    name: "a schema in which the user may create nothing",
    prepare: (server) => server.sql("CREATE SCHEMA closed"),
    url: (server) => `${loginOf(server, "guest")}?schema=closed`,
    code: STORAGE,
    says:
      "PostgreSQL lets this user do less than the queue needs: make it the owner of the schema (PLACE/postgres: no schema has been selected to create in).",
  },
  {
    name: "a user who may only read",
    prepare: async (server) => {
      await made(server.url("shown"));
      await server.sql(
        "GRANT USAGE ON SCHEMA shown TO guest; GRANT SELECT ON ALL TABLES IN SCHEMA shown TO guest",
      );
    },
    url: (server) => `${loginOf(server, "guest")}?schema=shown`,
    code: STORAGE,
    says:
      "PostgreSQL lets this user do less than the queue needs: make it the owner of the schema (PLACE/postgres: permission denied for table processes).",
  },
  {
    name: "the schema of another program",
    prepare: (server) => server.sql("CREATE SCHEMA theirs; CREATE TABLE theirs.jobs (id int)"),
    url: (server) => `${loginOf(server, "queue")}?schema=theirs`,
    code: STORAGE,
    says:
      'The schema "theirs" belongs to another program: name one of its own in QUEUE_URL, for example ?schema=jobs.',
    jobsSay:
      'The schema "theirs" holds no queue: check QUEUE_URL, or start the system once, which makes one.',
  },
  {
    name: "the schema of a newer release",
    prepare: async (server) => {
      await made(server.url("newer"));
      await server.sql("UPDATE newer.persistent_queue SET version = 99");
    },
    url: (server) => `${loginOf(server, "queue")}?schema=newer`,
    code: STORAGE,
    says:
      `The queue in the schema "newer" was made by a newer release (99, this one knows ${SCHEMA_VERSION}): upgrade this program.`,
  },
];

/** The message of Redis 7.0, and that of newer versions and Valkey. */
const IN_NEWER_WORDS = [
  "this user has no permissions to access one of the keys used as arguments",
  "No permissions to access a key",
] as const;

const ON_REDIS: readonly BadServer<RedisServer>[] = [
  {
    name: "a URL without a host",
    url: () => `redis://:${PASSWORD}@/0`,
    code: SETTINGS,
    says: "QUEUE_URL names no host: for example redis://user:password@redis.example.com/0",
  },
  {
    name: "a wrong password",
    url: (server) => ofRedis(server, "locked"),
    code: STORAGE,
    says:
      "Redis refuses this user or password: check QUEUE_URL (PLACE: WRONGPASS invalid username-password pair or user is disabled.).",
    jobsSay:
      "Redis refuses this user or password: check QUEUE_URL (PLACE: WRONGPASS invalid username-password pair or user is disabled.).",
  },
  {
    name: "a password where the server has none",
    url: ({ port }) => `redis://:${PASSWORD}@127.0.0.1:${port}`,
    code: STORAGE,
    says:
      "Redis has no password, but QUEUE_URL names one: remove it there, or set it on the server (PLACE: ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?).",
    jobsSay:
      "Redis has no password, but QUEUE_URL names one: remove it there, or set it on the server (PLACE: ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?).",
  },
  {
    name: "no such database",
    url: ({ port }) => `redis://default:${PASSWORD}@127.0.0.1:${port}/99`,
    code: STORAGE,
    says:
      "Redis has no database of this number: name another one in QUEUE_URL, or raise databases on the server (PLACE/99: ERR DB index is out of range).",
  },
  {
    name: "a user who may not use the keys of the queue",
    prepare: (server) => server.command("ACL", "SETUSER", "few", "on", "nopass", "~other*", "&*", "+@all"),
    url: (server) => ofRedis(server, "few"),
    code: STORAGE,
    says:
      "Redis lets this user do less than the queue needs: allow it all keys and channels of the queue (PLACE: NOPERM No permissions to access a key).",
  },
  {
    name: "a server that removes what it has no room for",
    prepare: async (server) => {
      await server.command("CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
      await server.command("CONFIG", "SET", "maxmemory", "1gb");
    },
    url: (server) => ofRedis(server, "default"),
    code: STORAGE,
    says:
      "Redis at PLACE would remove jobs when its memory is full: set maxmemory-policy to noeviction, it is allkeys-lru.",
  },
  {
    name: "a queue of a newer release",
    prepare: (server) => server.command("SET", "{newer}:version", "99"),
    url: (server) => ofRedis(server, "default", "newer"),
    code: STORAGE,
    says:
      "The queue on Redis at PLACE was made by a newer release (99, this one knows 2): upgrade this program.",
  },
  {
    name: "the keys of another program",
    prepare: (server) => server.command("HSET", "{theirs}:ids", "7", "a job of theirs"),
    url: (server) => ofRedis(server, "default", "theirs"),
    code: STORAGE,
    says:
      'The prefix "theirs" belongs to another program, which has the key {theirs}:ids: name one of its own in QUEUE_URL, for example ?prefix=jobs.',
    jobsSay:
      "Redis at PLACE holds no queue of this prefix: check QUEUE_URL, or start the system once, which makes one.",
  },
];

/** How it ends, and everything that could be read during it. */
async function ended(options: RunOptions & { readonly folder: string }): Promise<Ended> {
  const process = spawnSystem(options);
  const patience = setTimeout(() => process.kill("SIGKILL"), ENDS_WITHIN_MS);
  const commandLines = new Set<string>();
  const watch = setInterval(() => commandLinesNow().forEach((line) => commandLines.add(line)), 20);
  const { code, stdout, stderr } = await process.output();
  clearInterval(watch);
  clearTimeout(patience);
  assert.ok([...commandLines].some((line) => line.includes("main.ts")), "its command line was seen");
  const [said, warned] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  const written = textsBelow(options.folder);
  const traces = [said, warned, ...written, ...commandLines].join("\n");
  return { code, stdout: said ?? "", stderr: warned ?? "", traces };
}

function commandLinesNow(): string[] {
  return [...Deno.readDirSync("/proc")].filter(({ name }) => /^\d+$/.test(name)).map(({ name }) =>
    textOf(`/proc/${name}/cmdline`)
  );
}

function textsBelow(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) =>
    isDirectory ? textsBelow(`${folder}/${name}`) : [textOf(`${folder}/${name}`)]
  );
}

function textOf(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return ""; // The process has ended.
  }
}

async function refuses(
  { url, code, says, place }: { url: string; code: number; says: string; place: string },
  command: NonNullable<RunOptions["command"]>,
): Promise<void> {
  await using folder = await tempFolder();
  const ports = { MANAGER_PORT: String(freePort()), OPS_PORT: String(freePort()) };
  const end = await ended({ command, folder: folder.path, env: { ...ports, QUEUE_URL: url } });
  assert.equal(end.stderr.trim().replace(...IN_NEWER_WORDS), says.replace("PLACE", place));
  assert.equal(end.code, code);
  assert.equal(end.stdout, "");
  assert.ok(!end.traces.includes(PASSWORD), "the password is nowhere");
}

function test<Server extends { readonly port: number }>(
  backend: string,
  { name, prepare, url, code, says, jobsSay }: BadServer<Server>,
  serverOf: () => Server,
): void {
  Deno.test(`${backend}, ${name}: exit ${code} and a sentence that says what to do`, async () => {
    const server = serverOf();
    await prepare?.(server);
    const start = { url: url(server), code, says, place: `127.0.0.1:${server.port}` };
    await refuses(start, "supervise confined");
    if (jobsSay !== undefined) await refuses({ ...start, says: jobsSay }, "jobs stats");
  });
}

const missing = [whyNoPostgres(), whyNoRedis()];
const [noPostgres, noRedis] = missing;
for (const why of missing) if (why !== null) console.log(`SKIPPED: ${why}, so no start on one is tried`);

if (noPostgres === null) {
  let folder: TempFolder;
  let server: PostgresServer;
  Deno.test.beforeAll(async () => {
    folder = await serverFolder();
    const rules = folder.file("pg_hba.conf");
    await Deno.writeTextFile(
      rules,
      "host all locked 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n",
    );
    server = await postgresServer({ isDurable: false, settings: { hba_file: rules } });
    await server.sql("CREATE ROLE locked LOGIN PASSWORD 'another'; CREATE ROLE guest LOGIN");
  });
  Deno.test.afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });
  for (const bad of ON_POSTGRES) test("PostgreSQL", bad, () => server);
}

if (noRedis === null) {
  let server: RedisServer;
  Deno.test.beforeAll(async () => {
    server = await redisServer();
    await server.command("ACL", "SETUSER", "locked", "on", ">another", "~*", "&*", "+@all");
  });
  Deno.test.afterAll(async () => await server[Symbol.asyncDispose]());
  for (const bad of ON_REDIS) test("Redis", bad, () => server);
}
