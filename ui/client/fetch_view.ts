/** Asks what the page would show now. */
import { type ListQuery, queryWords, readQuery } from "../manager/list_query.ts";
import type { View } from "../manager/views.ts";

/** Of the list that the address asks for. */
export function queryHere(): ListQuery {
  return readQuery(new URLSearchParams(location.search));
}

/**
 * `isHeld`: begin with the row that is the first one now, so that new jobs do not move the others.
 * @throws {Error} if the server does not answer with a view
 */
export async function fetchView(shown: View, isHeld: boolean): Promise<View> {
  if (shown.page === "consumers") return await ask("/view/consumers");
  if (shown.page === "job") return await ask(`/view/job?${new URLSearchParams({ id: shown.job.id })}`);
  const query = queryHere();
  const isSame = queryWords(query).toString() === queryWords(shown.query).toString();
  const held = isHeld && isSame && shown.here !== null ? { ...query, cursor: shown.here } : query;
  const view = await ask(`/view/list?${queryWords(held)}`);
  return view.page === "list" ? { ...view, query } : view;
}

async function ask(address: string): Promise<View> {
  const answer = await fetch(address, { headers: { accept: "application/json" } });
  // The session is over, or the job is gone. The page itself says so, and leads to the login and back.
  if (answer.redirected || answer.status === 404) location.reload();
  if (!answer.ok || answer.redirected) throw new Error(`The server answered ${answer.status}`);
  return await answer.json();
}
