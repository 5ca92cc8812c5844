/** The examples for containers, as far as they can be checked without building them. */
import assert from "node:assert/strict";
import { SETTING_NAMES } from "../../workers/config/settings.ts";

const read = (path: string) => Deno.readTextFileSync(path);
const COMPOSE = ["deploy/compose.yaml", "deploy/compose.postgres.yaml"];
/** Of the driver of PostgreSQL, and of the server's image. */
const OTHERS = ["PGPASSWORD", "POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD"];

Deno.test("the containers are given settings that exist, and no password is written down", () => {
  for (const path of COMPOSE) {
    const given = [...read(path).matchAll(/^ {6}([A-Z_]+): (\S+)/gm)];
    assert.ok(given.length >= 2, path);
    for (const [, name = "", value = ""] of given) {
      assert.ok([...SETTING_NAMES, ...OTHERS].some((known) => known === name), `${path}: ${name}`);
      if (name.includes("PASSWORD")) assert.match(value, /^\$\{[A-Z_]+:\?/, `${path}: ${name}`);
    }
  }
});

Deno.test("the image has the Deno of the tests, and the containers are built with it", () => {
  const [, version] = /^deno_version=(\S+)$/m.exec(read(".ci/run")) ?? [];
  assert.match(read("deploy/Dockerfile"), new RegExp(`^FROM denoland/deno:${version}$`, "m"));
  for (const path of COMPOSE) {
    assert.match(read(path), /build: \{ context: \.\., dockerfile: deploy\/Dockerfile \}/);
  }
});
