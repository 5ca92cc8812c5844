import { openSqliteStore } from "../../queue/sqlite/sqlite_store.ts";
import type { Store } from "../../queue/store.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { conformance } from "./suite.ts";

conformance("sqlite", async () => {
  const folder = await tempFolder();
  const opened: Store[] = [];
  const open = async (path: string) => {
    const store = await openSqliteStore(path, { role: "guest" });
    opened.push(store);
    return store;
  };
  return {
    store: await open(folder.file("queue.db")),
    second: () => open(folder.file("queue.db")),
    restored: open,
    folder: folder.path,
    close: async () => {
      for (const store of opened) await store.close();
      await folder[Symbol.asyncDispose]();
    },
  };
});
