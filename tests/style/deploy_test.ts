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

Deno.test("the image has the tests' version of Deno, and the containers are built from it", () => {
  const [, version] = /^deno_version=(\S+)$/m.exec(read(".ci/run")) ?? [];
  assert.match(read("deploy/Dockerfile"), new RegExp(`^FROM denoland/deno:${version}$`, "m"));
  for (const path of COMPOSE) {
    assert.match(read(path), /build: \{ context: \.\., dockerfile: deploy\/Dockerfile \}/);
  }
});
