/** What is wrong with the database that a threadless system left behind. */
import { openStore } from "@persistent-queue/queue";
import { verify, type VerifyOptions } from "../../../queue/maintenance/verify.ts";
import { RETRY_DELAYS_MS } from "./threadless_system.ts";

export async function verified(path: string, options: VerifyOptions): Promise<string[]> {
  const store = await openStore(`sqlite:${path}`, "guest");
  try {
    const limits = { retryLimit: RETRY_DELAYS_MS.length, retryDelaysMs: RETRY_DELAYS_MS };
    return await verify(store, { deep: true, untouched: true, ...limits, ...options });
  } finally {
    await store.close();
  }
}
