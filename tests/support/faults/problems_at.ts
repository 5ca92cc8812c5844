/** The problems of the store at `url`, which was not edited by hand; read beside its owner. */
import { openStore } from "@persistent-queue/queue";
import { verify, type VerifyOptions } from "../../../queue/maintenance/verify.ts";

export async function problemsAt(url: string, options: VerifyOptions): Promise<string[]> {
  const store = await openStore(url, "guest");
  try {
    return await verify(store, { deep: true, untouched: true, ...options });
  } finally {
    await store.close();
  }
}
