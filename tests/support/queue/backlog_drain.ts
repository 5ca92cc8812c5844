/** Claims and completes every due job, quarantined jobs too. Returns how many. */
import type { Consumer } from "@persistent-queue/queue";

const CONSUMER = "the one who drains";

export async function drainBacklog(queue: Consumer, consumerId = CONSUMER): Promise<number> {
  for (let drained = 0;;) {
    const { claimed } = await queue.claim([
      { consumerId, limit: 1, suspect: true },
      { consumerId, limit: 1_000, suspect: false },
    ]);
    if (claimed.length === 0) return drained;
    const verdicts = await queue.settle(
      claimed.map((job) => ({ job, outcome: { type: "returned", result: null } })),
    );
    const lost = verdicts.findIndex(({ type }) => type !== "stored");
    if (lost >= 0) {
      throw new Error(`Job "${claimed[lost]?.id}" was taken away, though there is no other consumer.`);
    }
    drained += claimed.length;
  }
}
