import { openSqliteStore } from "../../queue/sqlite/open_store.ts";
import type { Store } from "../../queue/store.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { conformance } from "./suite.ts";

/** As the supervisor opens the store, and as a command beside it does. The other handles are always guests. */
for (const role of ["owner", "guest"] as const) {
  conformance(`sqlite, ${role}`, async (clock) => {
    const folder = await tempFolder();
    const opened: Store[] = [];
    const open = async (path: string, role: "owner" | "guest" = "guest") => {
      const store = await openSqliteStore(path, { role, clock });
      opened.push(store);
      return store;
    };
    return {
      store: await open(folder.file("queue.db"), role),
      second: () => open(folder.file("queue.db")),
      restored: (path) => open(path),
      folder: folder.path,
      close: async () => {
        for (const store of opened) await store.close();
        await folder[Symbol.asyncDispose]();
      },
    };
  }, { skip: { hosts: "a database has one host", facts: "a database has one host" } });
}
