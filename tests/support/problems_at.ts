/** What is wrong in the store at `url`, where nobody wrote by hand; looked at from beside whoever owns it. */
import { openStore } from "@persistent-queue/queue";
import { verify, type VerifyOptions } from "../../queue/verify.ts";

export async function problemsAt(url: string, options: VerifyOptions): Promise<string[]> {
  const store = await openStore(url, "guest");
  try {
    return await verify(store, { deep: true, untouched: true, ...options });
  } finally {
    await store.close();
  }
}
