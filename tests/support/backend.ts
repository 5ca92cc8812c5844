/**
 * Where the queue of a test lives: in a SQLite file, or, with `TEST_BACKEND=postgres` or `redis`, on a server, in a
 * schema or under a prefix of its own. A test that uses `urlFor` does not know which.
 */
import { createHash } from "node:crypto";
import type { TestServer } from "./servers/test_server.ts";

const BACKENDS = ["sqlite", "postgres", "redis"] as const;
export type Backend = typeof BACKENDS[number];

/** @throws {RangeError} for any other word */
export function readBackend(word: string): Backend {
  const backend = BACKENDS.find((one) => one === word);
  if (backend === undefined) throw new RangeError(`A backend is one of ${BACKENDS.join(", ")}, not ${word}.`);
  return backend;
}

/** Names the backend. */
const NAME = "TEST_BACKEND";
/** The URL of the server that all tests of a run share. Processes that a test starts inherit it. */
const SERVER = "TEST_SERVER";

/** What tells test processes to use this server. */
export function serverEnv(backend: Backend, { url }: TestServer): Record<string, string> {
  return { [NAME]: backend, [SERVER]: url };
}

export const BACKEND = readBackend(Deno.env.get(NAME) ?? "sqlite");

if (BACKEND !== "sqlite" && Deno.env.get(SERVER) === undefined) {
  let server: TestServer | null = null;
  Deno.test.beforeAll(async () => {
    const { startTestServer } = await import("./servers/test_server.ts");
    server = await startTestServer(BACKEND);
    Deno.env.set(SERVER, server.url);
  });
  Deno.test.afterAll(async () => {
    Deno.env.delete(SERVER);
    await server?.[Symbol.asyncDispose]();
  });
}

/** The URL of the queue whose database would be at this path; on a server the path only gives it a name. */
export function urlFor(path: string): string {
  if (BACKEND === "sqlite") return `sqlite:${path}`;
  const server = Deno.env.get(SERVER);
  if (server === undefined) {
    throw new Error(`${SERVER} names no server: use deno task test --backend ${BACKEND}.`);
  }
  const name = createHash("sha256").update(path).digest("hex").slice(0, 24);
  return `${server}?${BACKEND === "postgres" ? "schema" : "prefix"}=t_${name}`;
}

type Test = (t: Deno.TestContext) => void | Promise<void>;

/** A test about SQLite itself, such as its files, its locks and its statements: on a server it is not run. */
export function sqliteTest(name: string, fn: Test): void {
  Deno.test({ name, ignore: BACKEND !== "sqlite", fn });
}

/** A test that edits the queue by hand: not run on Redis, which is not meant for that. */
export function editTest(name: string, fn: Test): void {
  Deno.test({ name, ignore: BACKEND === "redis", fn });
}
