import assert from "node:assert/strict";
import { ConfigurationError, readSettings, type Settings } from "../../workers/config.ts";
import { environmentWithoutSettings } from "../../workers/config/load_settings.ts";

function read(env: Record<string, string> = {}, dotenv: string | null = null): Settings {
  return readSettings({ env, dotenv });
}

function problemsOf(env: Record<string, string>, dotenv: string | null = null): readonly string[] {
  try {
    read(env, dotenv);
  } catch (error) {
    assert(error instanceof ConfigurationError, String(error));
    return error.problems;
  }
  return [];
}

function assertOneProblem(env: Record<string, string>, pattern: RegExp, dotenv: string | null = null): void {
  const problems = problemsOf(env, dotenv);
  assert.equal(problems.length, 1, problems.join("\n"));
  assert.match(problems[0] ?? "", pattern);
}

Deno.test("without any setting the documented defaults apply", () => {
  const { handlerAllow, ...settings } = readSettings({ env: {}, dotenv: null, startDir: "/srv/queue" });
  assert.deepEqual(settings, {
    startDir: "/srv/queue",
    dotenvFile: "/srv/queue/.env",
    queueUrl: "sqlite:/srv/queue/data/queue.db",
    consumers: 10,
    consumerMemoryMb: 512,
    producerIntervalMs: 5000,
    filesDir: "/srv/queue/data/files",
    filesPrefix: "data/files",
    workMs: 4000,
    heartbeatMs: 1000,
    sweepMs: 10_000,
    stallMs: 30_000,
    retryDelaysMs: [1000, 2000, 4000],
    crashLimit: 3,
    stopMs: 5000,
    managerPassword: "admin123",
    apiToken: null,
    host: "127.0.0.1",
    bindAddress: "127.0.0.1",
    managerPort: 8501,
    opsPort: 8502,
    publicUrl: null,
    opsPublicUrl: null,
    allowedHosts: [],
    trustedProxies: [],
    logDir: "/srv/queue/logs",
    logLevel: "info",
    retentionDays: 7,
    faultInjection: true,
    handlerEnv: {},
    handlersDir: null,
    warnings: [],
  });
  assert.deepEqual(handlerAllow, { net: [], env: [], read: [], write: [], run: [], sys: [], ffi: [] });
});

Deno.test("consumers may be crashed on purpose only while the password is the default, unless FAULT_INJECTION says otherwise", () => {
  const own = { MANAGER_PASSWORD: "a password of their own" };
  assert.equal(read().faultInjection, true);
  assert.equal(read(own).faultInjection, false);
  assert.equal(read({ ...own, FAULT_INJECTION: "on" }).faultInjection, true);
  assert.equal(read({ FAULT_INJECTION: "off" }).faultInjection, false);
  assertOneProblem({ FAULT_INJECTION: "maybe" }, /^FAULT_INJECTION is "maybe", but must be one of on, off,/);
});

Deno.test("the settings are frozen, lists included", () => {
  const settings = read();
  const lists = [settings.retryDelaysMs, settings.allowedHosts, settings.trustedProxies, settings.warnings];
  for (const part of [settings, settings.handlerAllow, ...lists]) {
    assert(Object.isFrozen(part));
  }
});

Deno.test("an empty MANAGER_PASSWORD never leaves the default in force silently", () => {
  assertOneProblem({}, /MANAGER_PASSWORD in \.env is empty/, "MANAGER_PASSWORD=\n");
  assertOneProblem({ MANAGER_PASSWORD: "" }, /MANAGER_PASSWORD in \.env is empty/, "MANAGER_PASSWORD=''\n");
  assert.deepEqual(read({ MANAGER_PASSWORD: "of our own" }, "MANAGER_PASSWORD=\n").warnings, []);
  const [warning = "", ...others] = read({ MANAGER_PASSWORD: "" }).warnings;
  assert.match(warning, /MANAGER_PASSWORD in the environment is empty.*admin123/);
  assert.deepEqual(others, []);
  assert.deepEqual(read({ MANAGER_PASSWORD: "" }, "MANAGER_PASSWORD=of our own\n").warnings, []);
});

Deno.test("the environment wins over .env, and an empty value counts as unset", () => {
  assert.equal(read({}, "CONSUMERS=3\n# a comment\n").consumers, 3);
  assert.equal(read({ CONSUMERS: "5" }, "CONSUMERS=3").consumers, 5);
  assert.equal(read({ CONSUMERS: "" }, "CONSUMERS=3").consumers, 3);
  assert.equal(read({ CONSUMERS: "" }, "CONSUMERS=").consumers, 10);
  assert.equal(read({ API_TOKEN: "" }).apiToken, null);
});

Deno.test("numbers are plain digits; spaces around them are ignored", () => {
  assert.equal(read({ CONSUMERS: " 12 " }).consumers, 12);
  for (const wrong of ["1e3", "0x10", "ten", "3.5", "-1", "+4", "0", "1001", "1_0", "٣", "9".repeat(400)]) {
    assertOneProblem({ CONSUMERS: wrong }, /^CONSUMERS is ".*", .*from 1 to 1000, for example CONSUMERS=10$/);
  }
});

Deno.test("PUBLIC_URL takes a scheme, a host, and optionally a port and a path", () => {
  const own = { MANAGER_PASSWORD: "a password of our own" };
  const urls: Record<string, string> = {
    "https://queue.example.com": "https://queue.example.com",
    " https://Queue.Example.com/ ": "https://queue.example.com",
    "https://queue.example.com:8443/jobs/": "https://queue.example.com:8443/jobs",
    "https://example.com:443/team-1/jobs": "https://example.com/team-1/jobs",
    "http://queue.lan/jobs": "http://queue.lan/jobs",
  };
  for (const [text, url] of Object.entries(urls)) {
    assert.equal(read({ ...own, PUBLIC_URL: text }).publicUrl, url);
    assert.equal(read({ ...own, OPS_PUBLIC_URL: text }).opsPublicUrl, url);
  }
  const wrong = [
    "queue.example.com",
    "ftp://a",
    "https://",
    "https:a",
    "https:///a",
    "https://u:p@a",
    "https://a?b",
  ];
  const paths = [
    "https://a/b?c=d",
    "https://a/#b",
    "https://a//b",
    "https://a/%41",
    "https://a/b c",
  ];
  for (const text of [...wrong, ...paths]) {
    assertOneProblem({ ...own, PUBLIC_URL: text }, /^PUBLIC_URL is .*https:\/\/queue\.example\.com$/);
  }
});

Deno.test("ALLOWED_HOSTS are plain names, TRUSTED_PROXIES addresses and networks", () => {
  const own = { MANAGER_PASSWORD: "a password of our own" };
  const { allowedHosts } = read({
    ...own,
    ALLOWED_HOSTS: "queue, Queue.internal,[::1] ,192.0.2.1,Bücher.example",
  });
  assert.deepEqual(allowedHosts, ["queue", "queue.internal", "::1", "192.0.2.1", "xn--bcher-kva.example"]);
  for (
    const wrong of [
      "queue:8501",
      "https://queue",
      "*.example.com",
      "*",
      "a b",
      "queue/jobs",
      "999.1.1.1",
      "a..b",
    ]
  ) {
    assertOneProblem(
      { ...own, ALLOWED_HOSTS: `queue,${wrong}` },
      /^ALLOWED_HOSTS has .*without scheme, port/,
    );
  }
  const { trustedProxies } = read({ TRUSTED_PROXIES: "127.0.0.1, 172.16.0.0/12,fd00::/8" });
  assert.deepEqual(trustedProxies, ["127.0.0.1", "172.16.0.0/12", "fd00::/8"]);
  for (
    const wrong of [
      "proxy",
      "10.0.0.0/33",
      "fd00::/129",
      "10.0.0.0/",
      "10.0.0/8",
      "10.0.0.1-9",
      "*",
      "fe80::1%lo",
    ]
  ) {
    assertOneProblem({ TRUSTED_PROXIES: `10.0.0.1,${wrong}` }, /^TRUSTED_PROXIES has .*172\.16\.0\.0\/12$/);
  }
});

Deno.test("the default password is refused with every setting that lets others in", () => {
  const opened = {
    PUBLIC_URL: "https://queue.example.com",
    OPS_PUBLIC_URL: "http://10.0.0.1",
    ALLOWED_HOSTS: "queue",
  };
  for (const [name, value] of Object.entries(opened)) {
    assertOneProblem(
      { [name]: value },
      new RegExp(`^${name} is .*MANAGER_PASSWORD is still the default.*unset ${name}$`),
    );
    assert.deepEqual(problemsOf({ [name]: value, MANAGER_PASSWORD: "a password of our own" }), []);
  }
  const local = { PUBLIC_URL: "http://queue.localhost:8501", ALLOWED_HOSTS: "localhost,queue.localhost,::1" };
  assert.deepEqual(problemsOf(local), []);
});

Deno.test("zero means none where the table says so", () => {
  const settings = read({ PRODUCER_INTERVAL_MS: "0", RETENTION_DAYS: "0", WORK_MS: "0" });
  assert.deepEqual([settings.producerIntervalMs, settings.retentionDays, settings.workMs], [0, 0, 0]);
});

Deno.test("there are as many retries as delays, and none if asked for", () => {
  assert.deepEqual(read({ RETRY_DELAYS_MS: "10, 20" }).retryDelaysMs, [10, 20]);
  assert.deepEqual(read({ RETRY_DELAYS_MS: "none" }).retryDelaysMs, []);
  for (const wrong of ["1000,", "1s,2s", ",", "1000;2000"]) {
    assertOneProblem(
      { RETRY_DELAYS_MS: wrong },
      /^RETRY_DELAYS_MS is .*commas.*RETRY_DELAYS_MS=1000,2000,4000$/,
    );
  }
});

Deno.test("the log level is one of four words", () => {
  assert.equal(read({ LOG_LEVEL: "WARN" }).logLevel, "warn");
  assertOneProblem(
    { LOG_LEVEL: "loud" },
    /^LOG_LEVEL is "loud", but must be one of debug, info, warn, error/,
  );
});

Deno.test("a folder loses its trailing slash, and is refused with commas or control characters", () => {
  assert.equal(read({ FILES_DIR: "in box/" }).filesPrefix, "in box");
  assertOneProblem({ FILES_DIR: "a\nb" }, /^FILES_DIR is "a\\nb"/);
  assertOneProblem({ LOG_DIR: "a,b" }, /^LOG_DIR is "a,b", but must be a path without commas/);
  assertOneProblem({ QUEUE_URL: "sqlite:a,b/queue.db" }, /^QUEUE_URL has a path with commas/);
});

Deno.test("the host is a name or an address, without a scheme or port", () => {
  const own = { MANAGER_PASSWORD: "a long one of our own" };
  assert.equal(read({ ...own, HOST: "[::1]" }).host, "::1");
  assert.equal(read({ ...own, HOST: "queue.example.com" }).host, "queue.example.com");
  for (const wrong of ["http://localhost", "localhost:80", "999.1.1.1", "a b", "*"]) {
    assertOneProblem({ ...own, HOST: wrong }, /^HOST is .*without scheme or port/);
  }
});

Deno.test("ports are from 0 to 65535 and differ, unless both mean any free port", () => {
  assert.equal(read({ MANAGER_PORT: "0", OPS_PORT: "0" }).opsPort, 0);
  assertOneProblem({ MANAGER_PORT: "65536" }, /^MANAGER_PORT is "65536".*0 to 65535/);
  assertOneProblem({ MANAGER_PORT: "8502" }, /both 8502, but must differ/);
});

Deno.test("STALL_MS must be more than twice HEARTBEAT_MS", () => {
  assert.equal(read({ HEARTBEAT_MS: "50", SWEEP_MS: "200", STALL_MS: "101" }).stallMs, 101);
  assertOneProblem(
    { HEARTBEAT_MS: "1000", STALL_MS: "2000", SWEEP_MS: "100" },
    /^STALL_MS is 2000 with HEARTBEAT_MS=1000/,
  );
});

Deno.test("a SWEEP_MS above STALL_MS is only a warning", () => {
  const settings = read({ SWEEP_MS: "60000" });
  assert.equal(settings.warnings.length, 1);
  assert.match(settings.warnings[0] ?? "", /^SWEEP_MS is 60000 with STALL_MS=30000/);
});

Deno.test("the default password is refused where others can reach the pages, with the fix", () => {
  for (const host of ["0.0.0.0", "::", "queue.example.com", "192.168.0.7"]) {
    assertOneProblem(
      { HOST: host },
      /MANAGER_PASSWORD is still the default.*openssl rand.*HOST=127\.0\.0\.1/,
    );
    assert.deepEqual(problemsOf({ HOST: host, MANAGER_PASSWORD: "something else" }), []);
  }
  for (const host of ["localhost", "127.0.0.1", "127.1.2.3", "::1"]) {
    assert.deepEqual(problemsOf({ HOST: host }), []);
  }
});

Deno.test("a password of fewer than 8 characters is refused where HOST lets others in", () => {
  for (const env of [{ HOST: "0.0.0.0" }, { HOST: "queue.example.com", TRUSTED_PROXIES: "10.0.0.1" }]) {
    assertOneProblem(
      { ...env, MANAGER_PASSWORD: "1", API_TOKEN: "1" },
      /others can reach.*MANAGER_PASSWORD has fewer than 8 .*openssl rand.*HOST=/,
    );
    assert.deepEqual(problemsOf({ ...env, MANAGER_PASSWORD: "12345678", API_TOKEN: "123456789012" }), []);
  }
  const seven = "pa\u0308sswo\u0308r";
  assertOneProblem({ HOST: "0.0.0.0", MANAGER_PASSWORD: seven }, /fewer than 8/);
  for (const env of [{}, { HOST: "::1" }, { PUBLIC_URL: "http://queue.localhost:8501" }]) {
    const { warnings } = read({ ...env, MANAGER_PASSWORD: "1", API_TOKEN: "1" });
    assert.deepEqual(warnings, []);
  }
});

Deno.test("a token of fewer than 12 characters is never accepted where HOST lets others in, and a warning says so", () => {
  const env = { HOST: "0.0.0.0", MANAGER_PASSWORD: "12345678", TRUSTED_PROXIES: "10.0.0.1" };
  const { apiToken, warnings } = read({ ...env, API_TOKEN: "12345678901" });
  assert.equal(apiToken, null);
  assert.match(
    warnings.join("\n"),
    /^HOST is 0\.0\.0\.0, .*API_TOKEN has fewer than 12 .*openssl rand.*are refused$/,
  );
  const long = read({ ...env, API_TOKEN: "123456789012" });
  assert.equal(long.apiToken, "123456789012");
  assert.deepEqual(long.warnings, []);
  assert.equal(read({ API_TOKEN: "1" }).apiToken, "1");
});

Deno.test("a short password or token causes a warning if only a proxy on this machine lets others in", () => {
  const names = [
    { PUBLIC_URL: "https://queue.example.com" },
    { OPS_PUBLIC_URL: "https://ops.example.com", TRUSTED_PROXIES: "127.0.0.1" },
    { ALLOWED_HOSTS: "localhost,queue", TRUSTED_PROXIES: "127.0.0.1" },
  ];
  for (const env of names) {
    const isShort = (text: string) => text.includes("has fewer than");
    const warnings = read({ ...env, MANAGER_PASSWORD: "1", API_TOKEN: "1" }).warnings.filter(isShort);
    assert.equal(warnings.length, 2, warnings.join("\n"));
    assert.match(warnings[0] ?? "", /others can reach the pages, and MANAGER_PASSWORD has fewer than 8 /);
    assert.match(warnings[1] ?? "", /others can reach the pages, and API_TOKEN has fewer than 12 /);
    const long = read({ ...env, MANAGER_PASSWORD: "12345678", API_TOKEN: "123456789012" });
    assert.deepEqual(long.warnings.filter(isShort), []);
    assertOneProblem({ ...env, MANAGER_PASSWORD: "admin123" }, /still the default/);
  }
});

Deno.test("plain HTTP where others can reach the pages causes a warning until TLS or a proxy is named", () => {
  const own = { MANAGER_PASSWORD: "a long one of our own" };
  const warningsOf = (env: Record<string, string>) => read({ ...own, ...env }).warnings;
  const plain = [
    { HOST: "0.0.0.0" },
    { PUBLIC_URL: "http://queue.example.com" },
    { ALLOWED_HOSTS: "queue" },
    { HOST: "::", OPS_PUBLIC_URL: "https://ops.example.com" },
  ];
  for (const env of plain) {
    const [warning = "", ...more] = warningsOf(env);
    assert.match(warning, /^Others reach the pages by plain HTTP .*TLS.*PUBLIC_URL/);
    assert.deepEqual(more, []);
    assert.deepEqual(warningsOf({ ...env, PUBLIC_URL: "https://queue.example.com" }), []);
    assert.deepEqual(warningsOf({ ...env, TRUSTED_PROXIES: "10.0.0.0/8" }), []);
  }
  assert.deepEqual(warningsOf({}), []);
});

Deno.test("PGSSLMODE decides how a connection to PostgreSQL is encrypted, unless the URL does", () => {
  const env = { PGSSLMODE: "verify-full" };
  const urlFor = (url: string) => readSettings({ env: { ...env, QUEUE_URL: url }, dotenv: null }).queueUrl;
  assert.equal(
    urlFor("postgres://a:b@db/jobs?schema=x"),
    "postgres://a:b@db/jobs?schema=x&sslmode=verify-full",
  );
  assert.equal(urlFor("postgres://a:b@db/jobs?sslmode=disable"), "postgres://a:b@db/jobs?sslmode=disable");
  assert.equal(urlFor("redis://db/0"), "redis://db/0");
});

Deno.test("an invalid PGSSLMODE is reported under its own name, if it is used", () => {
  const PGSSLMODE = "on";
  assertOneProblem(
    { PGSSLMODE, QUEUE_URL: "postgres://a:b@db/jobs" },
    /^PGSSLMODE is "on", but must be one of disable, .*, for example PGSSLMODE=require$/,
  );
  for (const QUEUE_URL of ["postgres://a:b@db/jobs?sslmode=require", "redis://db", "sqlite:data/queue.db"]) {
    assert.deepEqual(problemsOf({ PGSSLMODE, QUEUE_URL }), []);
  }
});

Deno.test("PGUSER is the user of a queue on PostgreSQL whose URL has none, and one of the two must be set", () => {
  const urlFor = (QUEUE_URL: string) => read({ PGUSER: "a b@c", QUEUE_URL }).queueUrl;
  assert.equal(urlFor("postgres://db/jobs"), "postgres://a%20b%40c@db/jobs");
  assert.equal(urlFor("postgres://me@db/jobs"), "postgres://me@db/jobs");
  assertOneProblem({ QUEUE_URL: "postgres://db/jobs" }, /^QUEUE_URL names no user: .*, or set PGUSER$/);
});

Deno.test("the scheme of QUEUE_URL may be written in capitals", () => {
  assert.equal(read({ QUEUE_URL: "POSTGRES://Me@db/Jobs" }).queueUrl, "postgres://Me@db/Jobs");
  assert.equal(read({ QUEUE_URL: "SQLite:/data/Queue.db" }).queueUrl, "sqlite:/data/Queue.db");
});

Deno.test("PGPASSWORD is the password of a queue on PostgreSQL whose URL has none, and is not passed on", () => {
  const env = { PGPASSWORD: "p%41 /@", PGUSER: "queue", PATH: "/bin" };
  const urlOf = (QUEUE_URL: string) => read({ ...env, QUEUE_URL }).queueUrl;
  assert.equal(new URL(urlOf("postgres://me@db/jobs")).password, "p%2541%20%2F%40");
  assert.equal(urlOf("postgres://me:other@db/jobs"), "postgres://me:other@db/jobs");
  assert.equal(urlOf("redis://me@db/0"), "redis://me@db/0");
  const leftOver = (QUEUE_URL: string, more = {}) => {
    const sources = { env: { ...env, ...more, QUEUE_URL }, dotenv: null, startDir: "/" };
    return Object.keys(environmentWithoutSettings(sources, read(sources.env))).sort();
  };
  assert.deepEqual(leftOver("postgres://me@db/jobs"), ["PATH", "PGUSER"]);
  const whole = ["PATH", "PGPASSWORD", "PGUSER"];
  assert.deepEqual(leftOver("sqlite:data/queue.db"), whole);
  const named = { HANDLER_ALLOW: "env=PGPASSWORD" };
  assert.deepEqual(leftOver("postgres://me@db/jobs", named), whole, "handlers are given it by name");
});

Deno.test("QUEUE_URL must look like a URL, and name a backend and a place", () => {
  assert.equal(read({ QUEUE_URL: "sqlite:/data/queue.db" }).queueUrl, "sqlite:/data/queue.db");
  assertOneProblem({ QUEUE_URL: "mysql://u:p@db/queue" }, /^QUEUE_URL names no backend.*with sqlite:/);
  assertOneProblem({ QUEUE_URL: "sqlite:" }, /^QUEUE_URL lacks the path after "sqlite:", for example/);
  assertOneProblem(
    { QUEUE_URL: "data/queue.db" },
    /^QUEUE_URL does not look like a URL.*sqlite:data\/queue\.db$/,
  );
});

Deno.test("secrets never appear in messages", () => {
  const problems = problemsOf({
    QUEUE_URL: "//user:hunter2@db/queue",
    MANAGER_PASSWORD: "",
    API_TOKEN: "hunter2 with a space",
    CONSUMERS: "no",
    HOST: "0.0.0.0",
  }, "MANAGER_PASSWROD=hunter2\n");
  assert.equal(problems.length, 5, problems.join("\n"));
  assert.doesNotMatch(problems.join("\n"), /hunter2/);
});

Deno.test("every problem is listed at once", () => {
  const problems = problemsOf({ CONSUMERS: "x", MANAGER_PORT: "y", CONSUMER: "3" }, "COLOUR=red\nHOST=a:b\n");
  for (
    const name of [
      "CONSUMERS is",
      "MANAGER_PORT is",
      "CONSUMER in the environment",
      "COLOUR in .env",
      "HOST is",
    ]
  ) {
    assert(
      problems.some((problem) => problem.startsWith(name)),
      `${name} is missing: ${problems.join("\n")}`,
    );
  }
  assert.equal(problems.length, 5);
});

Deno.test("an unknown name in .env is a problem, with a suggestion if a similar one exists", () => {
  assertOneProblem({}, /^CONSUMRES in .env is not a setting; did you mean CONSUMERS\?$/, "CONSUMRES=3");
  assertOneProblem({}, /^NONSENSE in .env is not a setting; known settings are QUEUE_URL, /, "NONSENSE=3");
  assertOneProblem({}, /if your handlers read it, HANDLER_ALLOW must name it: env=SMTP_URL$/, "SMTP_URL=x");
});

Deno.test("a name in the environment that almost matches a setting is a problem", () => {
  const misspelt = [
    "CONSUMER",
    "CONSUMRES",
    "MANAGER_PASWORD",
    "RETRY_DELAY_MS",
    "QUEUE_ULR",
    "LOGLEVEL",
    "LOG_LEVLE",
  ];
  misspelt.push("FILE_DIR", "WORKMS", "OPS_PROT", "HEARTBEATMS", "API_TOKENS", "Consumers", "HANDLERS_ALLOW");
  for (const name of misspelt) {
    assertOneProblem({ [name]: "secret" }, new RegExp(`^${name} in .*did you mean [A-Z_]+\\?$`));
  }
});

Deno.test("a setting's name in the wrong number or without its unit is a problem in the environment too", () => {
  const meant = {
    ...{ TRUSTED_PROXY: "TRUSTED_PROXIES", FILE_DIRS: "FILES_DIR" },
    ...{ PRODUCER_INTERVAL: "PRODUCER_INTERVAL_MS", RETRY_DELAY: "RETRY_DELAYS_MS" },
    CONSUMERS_MEMORY: "CONSUMER_MEMORY_MB",
  };
  for (const [name, known] of Object.entries(meant)) {
    assertOneProblem({ [name]: "1" }, new RegExp(`^${name} in .*did you mean ${known}\\?$`));
  }
});

Deno.test("an unrelated name in the environment is ignored", () => {
  const strangers = [
    ...[
      "HOME",
      "HOSTNAME",
      "POST",
      "LANG",
      "LOGNAME",
      "PORT",
      "HOSTS",
      "WORK",
      "HEARTBEAT",
      "COST",
      "GHOST",
      "PATH",
      "PWD",
      "SHELL",
      "TERM",
    ],
    ...[
      "APP_TOKEN",
      "API_URL",
      "NPM_TOKEN",
      "AWS_TOKEN",
      "GH_TOKEN",
      "APP_PORT",
      "API_PORT",
      "WEB_PORT",
      "DB_PORT",
    ],
    ...[
      "LOG_FILE",
      "RUST_LOG",
      "TMPDIR",
      "WORKDIR",
      "USER_LEVEL",
      "DENO_DIR",
      "OTEL_DENO",
      "REDIS_URL",
      "DATABASE_URL",
    ],
  ];
  assert.deepEqual(problemsOf(Object.fromEntries(strangers.map((name) => [name, "1"]))), []);
});

Deno.test("HANDLER_ALLOW takes Deno's names for permissions", () => {
  const { handlerAllow } = read({ HANDLER_ALLOW: " net=api.example.com,db:5432  env=SMTP_URL read " });
  assert.deepEqual(handlerAllow.net, ["api.example.com", "db:5432"]);
  assert.deepEqual(handlerAllow.env, ["SMTP_URL"]);
  assert.deepEqual(handlerAllow.read, ["*"]);
  assert.deepEqual(handlerAllow.run, []);
  assertOneProblem(
    { HANDLER_ALLOW: "network=x" },
    /^HANDLER_ALLOW has "network=x"; each word is one of net, env/,
  );
  assertOneProblem({ HANDLER_ALLOW: "net=" }, /nothing after the equals sign/);
});

Deno.test("HANDLER_ALLOW with a bare read or write warns that a handler can take the locks of the database", () => {
  const warnings = (HANDLER_ALLOW: string, QUEUE_URL = "sqlite:data/queue.db") =>
    read({ HANDLER_ALLOW, QUEUE_URL }).warnings.map((text) => text.split(",")[0]);
  assert.deepEqual(warnings("read write=/srv"), ["HANDLER_ALLOW has a bare read"]);
  assert.deepEqual(warnings("read=data net write"), ["HANDLER_ALLOW has a bare write"]);
  assert.deepEqual(warnings("read write", "postgres://us@db.example.com/queue"), []);
});

Deno.test("HANDLER_ALLOW with what Deno does not take is refused by name, not by the start", () => {
  const invalid = [
    "net=:8080",
    "net=http://api.example.com",
    "net=*.example.com",
    "net=db:99999",
    "net=::1",
    "net=10.0.0.0/8",
  ];
  for (const word of invalid) {
    const [problem = "", ...others] = problemsOf({ HANDLER_ALLOW: `env=SMTP_URL ${word}` });
    assert.ok(problem.startsWith(`HANDLER_ALLOW has "${word}": `), `${word}: ${problem}`);
    assert.deepEqual(others, []);
  }
});

Deno.test("HANDLER_ALLOW cannot open the pages to handlers: that ended every start without saying why", () => {
  const env = { MANAGER_PORT: "9001", OPS_PORT: "9002" };
  for (const host of ["127.0.0.1", "127.0.0.1:9001", "127.0.0.1:9002"]) {
    assertOneProblem(
      { ...env, HANDLER_ALLOW: `net=db:5432,${host}` },
      new RegExp(`^HANDLER_ALLOW has "net=${host}", but .* at 127\\.0\\.0\\.1:9001 and .* name the port`),
    );
  }
  assertOneProblem({ ...env, HOST: "::1", HANDLER_ALLOW: "net=[::1]" }, /pages at \[::1\]:9001/);
  for (const net of ["127.0.0.1:5432", "127.0.0.2", "*"]) {
    assert.deepEqual(problemsOf({ ...env, HANDLER_ALLOW: `net=${net}` }), []);
  }
});

Deno.test("HANDLER_ALLOW cannot open the pages to handlers under another name of this machine", () => {
  const ports = { MANAGER_PORT: "9001", OPS_PORT: "9002" };
  const refused: [string, string[]][] = [
    ["127.0.0.1", [
      "localhost",
      "LocalHost",
      "localhost.",
      "a.localhost",
      "0.0.0.0",
      "[::]",
      "[::ffff:127.0.0.1]",
    ]],
    ["127.0.0.1", ["127.1", "2130706433", "0", "localhost:9001", "[::ffff:7f00:1]:9002", "0.0.0.0:9002"]],
    ["0.0.0.0", ["localhost", "127.0.0.1", "127.0.0.2:9001", "[::1]", "[::]"]],
    ["::", ["localhost", "127.0.0.1", "[::1]", "0.0.0.0"]],
    ["192.0.2.7", ["192.0.2.7", "[::ffff:192.0.2.7]", "0.0.0.0"]],
    ["localhost", ["localhost"]],
  ];
  const common = { ...ports, MANAGER_PASSWORD: "long enough, surely" };
  for (const [host, values] of refused) {
    for (const value of values) {
      const [problem = "", ...others] = problemsOf({ ...common, HOST: host, HANDLER_ALLOW: `net=${value}` });
      assert.ok(
        problem.startsWith(`HANDLER_ALLOW has "net=${value}", but this system's own pages`),
        `${value} at ${host}`,
      );
      assert.deepEqual(others, []);
    }
  }
  for (
    const [host, value] of [
      ...["localhost:5432", "0.0.0.0:5432", "[::1]", "db", "localhost.example.com"].map((
        net,
      ) => ["127.0.0.1", net]),
      ...["192.0.2.8", "localhost", "127.0.0.1"].map((net) => ["192.0.2.7", net]),
      ["0.0.0.0", "localhost:5432"],
    ] as const
  ) {
    assert.deepEqual(
      problemsOf({ ...common, HOST: host, HANDLER_ALLOW: `net=${value}` }),
      [],
      `${value} at ${host}`,
    );
  }
});

Deno.test(".env may hold variables that the handlers may read", () => {
  const settings = read({ HANDLER_ALLOW: "env=SMTP_URL" }, "SMTP_URL=smtp://localhost\n");
  assert.deepEqual(settings.handlerEnv, { SMTP_URL: "smtp://localhost" });
});

Deno.test("a variable of the handlers in the environment takes precedence over .env, unless it is empty", () => {
  const handlerEnvOf = (env: Record<string, string>) =>
    read({ HANDLER_ALLOW: "env=GREETING", ...env }, "GREETING=from the file\n").handlerEnv;
  assert.deepEqual(handlerEnvOf({ GREETING: "from the environment" }), {});
  assert.deepEqual(handlerEnvOf({ GREETING: "" }), { GREETING: "from the file" });
});

Deno.test("a name in .env cannot forge a line of the message", () => {
  assert.doesNotMatch(problemsOf({ "CONSUMER\n": "1" }).join(""), /\n/);
});
