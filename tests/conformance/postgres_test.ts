import { openPostgresStore } from "../../queue/postgres/open_store.ts";
import { type PostgresServer, postgresServer, whyNoPostgres } from "../support/servers/postgres_server.ts";
import { openedStores } from "./stores.ts";
import { conformance } from "./suite.ts";

/** One server for all cases; each case empties the tables. */
let server: PostgresServer | null = null;

const TABLES = "jobs, history, processes, count_changes, facts";
const BY_ITS_OWN_TOOLS = "the tools of PostgreSQL do that";

const missing = whyNoPostgres();
if (missing !== null) {
  console.log(`SKIPPED: ${missing}, so the backend is not tested here`);
} else {
  Deno.test.beforeAll(async () => {
    server = await postgresServer({ isDurable: false });
    await (await openPostgresStore(server.url(), { role: "owner" })).close();
  });
  Deno.test.afterAll(async () => await server?.[Symbol.asyncDispose]());
  conformance("postgres", async (clock) => {
    if (server === null) throw new Error("The server has not been started");
    const url = server.url();
    await server.sql(`SET search_path = persistent_queue; TRUNCATE ${TABLES} RESTART IDENTITY`);
    return await openedStores({ open: (role) => openPostgresStore(url, { role, clock }) });
  }, { skip: { backup: BY_ITS_OWN_TOOLS, deepCheck: BY_ITS_OWN_TOOLS } });
}
