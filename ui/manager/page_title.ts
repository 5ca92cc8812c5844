/** The title of a page: tabs and the history of the browser tell lists apart by it. */
import { printable } from "@persistent-queue/queue/basics";
import { describeQuery, isFiltered } from "./list_query.ts";
import type { View } from "./views.ts";

/** Without the name of the product. */
export function titleOf(view: View): string {
  if (view.page === "consumers") return "Consumers";
  if (view.page === "job") return printable(view.job.id);
  if (!isFiltered(view.query)) return "Manager";
  const words = describeQuery(view.query);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** As the document has it. */
export function documentTitle(title: string): string {
  return `${title} · Persistent Queue`;
}
