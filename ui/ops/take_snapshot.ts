/** What the page begins with. */
import type { OpsPorts } from "../page_deps.ts";
import { countsOnWire, systemOnWire } from "../api/serializers.ts";
import type { Snapshot } from "./snapshot.ts";

export async function takeSnapshot({ queue, system }: OpsPorts): Promise<Snapshot> {
  const stats = await queue.stats().catch(() => null);
  const view = systemOnWire(system.view());
  return {
    stats: stats === null ? null : countsOnWire(stats),
    system: { ...view, trouble: view.trouble ?? queue.trouble },
  };
}
