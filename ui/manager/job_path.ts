import { type ListQuery, queryWords } from "./list_query.ts";

/** The address of a job's page, from which the way leads back to the same list. */
export function jobPath(id: string, from?: ListQuery): string {
  const words = new URLSearchParams({ id });
  const list = from === undefined ? "" : queryWords(from).toString();
  if (list !== "") words.set("from", list);
  return `/job?${words}`;
}
