/** Gathers what the page of one job shows. */
import type { Ports } from "../ports.ts";
import { historyOnWire, jobOnWire } from "../wire.ts";
import type { ListQuery } from "./list_query.ts";
import type { JobView, ValueView } from "./views.ts";
import { warningsOf } from "./warnings_of.ts";

/** Characters. The whole value is one link away. */
const LONG = 64 * 1024;

/** @throws {QueueError} `unknown_job` */
export async function jobView(
  { queue, system, now }: Ports,
  { id, from }: { readonly id: string; readonly from: ListQuery },
): Promise<JobView> {
  const { job, history } = await queue.get(id);
  const moment = { now: now(), stallMs: queue.stallMs };
  const { payload, result, ...rest } = jobOnWire(job, moment);
  return {
    page: "job",
    now: moment.now,
    from,
    job: rest,
    payload: payload === null ? null : valueView(payload),
    result: job.result === null ? null : valueView(result),
    history: history.map(historyOnWire),
    warnings: warningsOf(system),
    batches: [],
  };
}

function valueView(value: unknown): ValueView {
  const text = JSON.stringify(value, null, 2) ?? "null";
  return { text: text.slice(0, LONG), isCut: text.length > LONG };
}
