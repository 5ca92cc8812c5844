/** Gathers what the page of one job shows. */
import type { Job } from "@persistent-queue/queue";
import type { Ports } from "../ports.ts";
import { historyOnWire, jobOnWire } from "../wire.ts";
import { indentedJson } from "./indented_json.ts";
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
  return {
    page: "job",
    now: moment.now,
    from,
    job: jobOnWire(job, moment),
    payload: valueView(job, "payload"),
    result: valueView(job, "result"),
    history: history.map(historyOnWire),
    warnings: warningsOf(system),
    batches: [],
  };
}

function valueView({ leftOut = [], ...job }: Job, name: "payload" | "result"): ValueView | null {
  if (leftOut.includes(name)) return { text: "Too long to be shown.", isCut: false };
  const json = job[name];
  return json === null || json === "null" ? null : indentedJson(json, LONG);
}
