import { openSqliteStore } from "../../queue/sqlite/open_store.ts";
import { openedStores } from "./stores.ts";
import { conformance } from "./suite.ts";

const ONE_HOST = "a database has one host";

/** As the supervisor opens the store, and as a command beside it does. */
for (const role of ["owner", "guest"] as const) {
  conformance(`sqlite, ${role}`, (clock) =>
    openedStores({
      role,
      open: (role, folder) => openSqliteStore(`${folder}/queue.db`, { role, clock }),
      restore: (path) => openSqliteStore(path, { role: "guest", clock }),
    }), { skip: { hosts: ONE_HOST, facts: ONE_HOST } });
}
