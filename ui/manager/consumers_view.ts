/** Gathers what the page of the consumers shows. */
import type { PageDeps } from "../page_deps.ts";
import { consumerOnWire } from "../api/serializers.ts";
import type { ConsumersView } from "./views.ts";
import { warningsOf } from "./warnings_of.ts";

export function consumersView({ system, faultInjection, now }: PageDeps): ConsumersView {
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
