/** Asks what the page would show now. */
import { type ListQuery, queryWords, readQuery } from "../manager/list_query.ts";
import type { View } from "../manager/views.ts";

/** Of the list that the address asks for. */
function queryHere(): ListQuery {
  return readQuery(new URLSearchParams(location.search));
}

/** Whether the address still asks for what is shown. */
export function isShownHere(shown: View): boolean {
  return shown.page !== "list" || queryWords(queryHere()).toString() === queryWords(shown.query).toString();
}

/**
 * `isHeld`: with the rows that are shown now, whatever has become of them.
 * @throws {Error} if the server does not answer with a view
 */
export async function fetchView(shown: View, isHeld: boolean): Promise<View> {
  if (shown.page === "consumers") return await ask("/view/consumers");
  if (shown.page === "job") return await ask(`/view/job${location.search}`);
  const words = queryWords(queryHere());
  if (isHeld) words.set("kept", shown.jobs.map(({ seq }) => seq).join());
  return await ask(`/view/list?${words}`);
}

async function ask(address: string): Promise<View> {
  const answer = await fetch(address, { headers: { accept: "application/json" } });
  // The session is over, or the job is gone. The page itself says so, and leads to the login and back.
  if (answer.redirected || answer.status === 404) location.reload();
  if (!answer.ok || answer.redirected) throw new Error(`The server answered ${answer.status}`);
  return await answer.json();
}
