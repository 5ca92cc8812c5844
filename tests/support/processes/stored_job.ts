/** What the store holds of a job, read without the pages: a request by a test would count as one, which may excuse a death. */
import { openStore } from "@persistent-queue/queue";
import { type RunningSystem, urlOf } from "./running_system.ts";

export async function storedJob(system: Pick<RunningSystem, "folder">, id: string) {
  const store = await openStore(urlOf(system), "guest");
  try {
    const { status, crashes, lease = 0 } = (await store.get(id))?.job ?? {};
    return { status, crashes, lease };
  } finally {
    await store.close();
  }
}
