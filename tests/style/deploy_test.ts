/** The container examples, as far as they can be checked without a build. */
import assert from "node:assert/strict";
import { SETTING_NAMES } from "../../workers/config/settings.ts";

const read = (path: string) => Deno.readTextFileSync(path);
const COMPOSE = ["deploy/compose.yaml", "deploy/compose.postgres.yaml"];
/** Variables of the PostgreSQL driver, and of the server's image. */
const OTHERS = ["PGPASSWORD", "POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD"];

Deno.test("the containers get settings that exist, and no password is written down", () => {
  for (const path of COMPOSE) {
    const given = [...read(path).matchAll(/^ {6}([A-Z_]+): (\S+)/gm)];
    assert.ok(given.length >= 2, path);
    for (const [, name = "", value = ""] of given) {
      assert.ok([...SETTING_NAMES, ...OTHERS].some((known) => known === name), `${path}: ${name}`);
      if (name.includes("PASSWORD")) assert.match(value, /^\$\{[A-Z_]+:\?/, `${path}: ${name}`);
    }
  }
});

/** What depends on how the containers are built and connected. */
const FIXED = ["QUEUE_URL", "HOST", "MANAGER_PORT", "OPS_PORT", "FILES_DIR", "LOG_DIR"];

Deno.test("every setting can be set in deploy/.env, and the sample jobs are off unless it turns them on", () => {
  for (const path of COMPOSE) {
    const text = read(path);
    const open = SETTING_NAMES.filter((name) =>
      new RegExp(`^ {6}${name}:(?:$| \\$\\{${name}:)`, "m").test(text)
    );
    const network = /^ {6}TRUSTED_PROXIES: \d/m.test(text) ? ["TRUSTED_PROXIES"] : [];
    assert.deepEqual([...open, ...FIXED, ...network].toSorted(), SETTING_NAMES.toSorted(), path);
    assert.match(text, /^ {6}PRODUCER_INTERVAL_MS: \$\{PRODUCER_INTERVAL_MS:-0\}/m);
  }
});

Deno.test("the image has the tests' version of Deno, and the containers are built from it", () => {
  const [, version] = /^deno_version=(\S+)$/m.exec(read(".ci/run")) ?? [];
  assert.match(read("deploy/Dockerfile"), new RegExp(`^FROM docker\\.io/denoland/deno:${version}$`, "m"));
  for (const path of COMPOSE) {
    assert.match(read(path), /build: \{ context: \.\., dockerfile: deploy\/Dockerfile \}/);
  }
});

Deno.test("one example does not replace the containers of the other, or of another folder named deploy", () => {
  const names = COMPOSE.map((path) => /^name: (\S+)$/m.exec(read(path))?.[1]);
  assert.ok(names.every((name) => name?.startsWith("persistent-queue")), names.join());
  assert.equal(new Set(names).size, COMPOSE.length, names.join());
});

Deno.test("every container is back after a reboot, although it ended with 0", () => {
  for (const path of COMPOSE) {
    const text = read(path);
    const services = text.match(/^ {4}(?:image|build): /gm) ?? [];
    assert.equal(text.match(/^ {4}restart: unless-stopped$/gm)?.length, services.length, path);
  }
});

Deno.test("passwords in deploy/.env, which compose reads, get into neither the image nor git", () => {
  const ignored = read(".dockerignore").split("\n");
  assert.ok(ignored.includes("**/.env") && ignored.includes("**/.env.*"), ".dockerignore");
  assert.ok(read(".gitignore").split("\n").includes(".env"), ".gitignore");
});

Deno.test("PostgreSQL is not called healthy while its image still makes the database", () => {
  assert.match(read("deploy/compose.postgres.yaml"), /test: \["CMD", "pg_isready", "-h", "127\.0\.0\.1"/);
});

Deno.test("a browser whose host hangs is not left waiting: the proxy asks another one in time", () => {
  const [, page] = /response_header_timeout (\d+)s/.exec(read("deploy/compose.postgres.yaml")) ?? [];
  const [, all] = /lb_try_duration (\d+)s/.exec(read("deploy/compose.postgres.yaml")) ?? [];
  assert.ok(Number(page) < Number(all), `${page} s for a page, ${all} s for all tries`);
});
