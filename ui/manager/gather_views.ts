/** What each living page shows, from the words of its address. */
import type { PageDeps } from "../page_deps.ts";
import type { BulkActions } from "./bulk_actions.ts";
import { jobView } from "./job_view.ts";
import { queryWords, readQuery } from "./list_query.ts";
import { listView, rowsOf } from "./list_view.ts";
import type { ConsumersView, ListView, View } from "./views.ts";
import { consumerOnWire, warningsOf } from "../api/serializers.ts";

export type Gather = (words: URLSearchParams) => Promise<View>;

export function gatherViews(
  deps: PageDeps,
  batches: Pick<BulkActions, "view">,
): Record<View["page"], Gather> {
  const lists = new SharedViews<ListView>();
  const withBatches = <V extends View>(view: V): V => ({ ...view, batches: batches.view() });

  const list = async (words: URLSearchParams) => {
    const query = readQuery(words);
    const key = `${deps.queue.revision} ${queryWords(query)}`;
    const view = withBatches(await lists.get(key, () => listView(deps, query)));
    return words.has("kept") ? withKept(view, words.get("kept") ?? "") : view;
  };
  /** `kept`: the numbers of jobs that the reader holds on to. */
  const withKept = async (view: ListView, numbers: string): Promise<ListView> => {
    const listed = new Set(view.jobs.map(({ seq }) => seq));
    const others = numbers.split(",").filter((word) => /^\d{1,15}$/.test(word)).map(Number)
      .filter((seq) => !listed.has(seq));
    return { ...view, kept: await rowsOf(deps, others) };
  };
  const job = async (words: URLSearchParams) => {
    const from = readQuery(new URLSearchParams(words.get("from") ?? ""));
    return withBatches(await jobView(deps, { id: words.get("id") ?? "", from }));
  };
  return { list, job, consumers: () => Promise.resolve(withBatches(consumersView(deps))) };
}

/** One list for all who look at the same one: it is gathered once, however many there are. */
const FRESH_MS = 250;

interface Shared<View> {
  readonly view: Promise<View>;
  readonly until: number;
}

class SharedViews<View> {
  readonly #byKey = new Map<string, Shared<View>>();

  /** What was gathered for this key a moment ago, or what `gather` gathers now. */
  get(key: string, gather: () => Promise<View>): Promise<View> {
    const now = performance.now();
    for (const [old, { until }] of this.#byKey) if (until <= now) this.#byKey.delete(old);
    const known = this.#byKey.get(key);
    if (known !== undefined) return known.view;
    const view = gather();
    this.#byKey.set(key, { view, until: now + FRESH_MS });
    return view;
  }
}

/** Gathers what the page of the consumers shows. */
function consumersView({ system, faultInjection, now }: PageDeps): ConsumersView {
  const { consumers, wedged } = system.view();
  return {
    page: "consumers",
    now: now(),
    consumers: consumers.map(consumerOnWire),
    wedged,
    canInject: faultInjection,
    warnings: warningsOf(system),
    batches: [],
  };
}
