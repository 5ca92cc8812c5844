/** What each living page shows, from the words of its address. */
import type { PageDeps } from "../page_deps.ts";
import type { BulkActions } from "./bulk_actions.ts";
import { consumersView } from "./consumers_view.ts";
import { jobView } from "./job_view.ts";
import { queryWords, readQuery } from "./list_query.ts";
import { listView, rowsOf } from "./list_view.ts";
import { SharedViews } from "./shared_views.ts";
import type { ListView, View } from "./views.ts";

export type Gather = (words: URLSearchParams) => Promise<View>;

export function gatherViews(
  ports: PageDeps,
  batches: Pick<BulkActions, "view">,
): Record<View["page"], Gather> {
  const lists = new SharedViews<ListView>();
  const withBatches = <V extends View>(view: V): V => ({ ...view, batches: batches.view() });

  const list = async (words: URLSearchParams) => {
    const query = readQuery(words);
    const key = `${ports.queue.revision} ${queryWords(query)}`;
    const view = withBatches(await lists.get(key, () => listView(ports, query)));
    return words.has("kept") ? withKept(view, words.get("kept") ?? "") : view;
  };
  /** `kept`: the numbers of jobs that the reader holds on to. */
  const withKept = async (view: ListView, numbers: string): Promise<ListView> => {
    const listed = new Set(view.jobs.map(({ seq }) => seq));
    const others = numbers.split(",").filter((word) => /^\d{1,15}$/.test(word)).map(Number)
      .filter((seq) => !listed.has(seq));
    return { ...view, kept: await rowsOf(ports, others) };
  };
  const job = async (words: URLSearchParams) => {
    const from = readQuery(new URLSearchParams(words.get("from") ?? ""));
    return withBatches(await jobView(ports, { id: words.get("id") ?? "", from }));
  };
  return { list, job, consumers: () => Promise.resolve(withBatches(consumersView(ports))) };
}
