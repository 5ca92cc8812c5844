/** What the adapters share: the handles and the folder of one case. */
import type { Store } from "../../queue/store.ts";
import { tempFolder } from "../support/temp_folder.ts";
import type { Opened } from "./suite.ts";

type Role = "owner" | "guest";

interface Stores {
  /** The role of the store under test; the other handles are always guests. */
  readonly role?: Role;
  open(role: Role, folder: string): Promise<Store>;
  /** Opens a copy that `backup` has written. */
  restore?(path: string): Promise<Store>;
}

export async function openedStores({ role = "owner", open, restore }: Stores): Promise<Opened> {
  const folder = await tempFolder();
  const opened: Store[] = [];
  const kept = async (opening: Promise<Store>) => {
    const store = await opening;
    opened.push(store);
    return store;
  };
  return {
    store: await kept(open(role, folder.path)),
    second: () => kept(open("guest", folder.path)),
    restored: (path) =>
      restore === undefined ? Promise.reject(new Error("There is no backup to open")) : kept(restore(path)),
    folder: folder.path,
    close: async () => {
      for (const store of opened) await store.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}
