/** Fetches what the page would show now. */
import { addressOf } from "./base_path.ts";
import { type ListQuery, queryParams, readQuery } from "../manager/list_query.ts";
import type { JobView, View } from "../manager/views.ts";

/** The list query in the address. */
function queryHere(): ListQuery {
  return readQuery(new URLSearchParams(location.search));
}

/** Whether what is shown still matches the address. */
export function isShownHere(shown: View): boolean {
  return shown.page !== "list" || queryParams(queryHere()).toString() === queryParams(shown.query).toString();
}

/** The server redirects to the login instead. */
export class LoggedOut extends Error {
  override name = "LoggedOut";
}

/**
 * `isHeld`: includes the current state of the rows that are shown now, even if they left the list.
 * @throws {LoggedOut} if the session is over
 * @throws {Error} if the server does not respond with a view
 */
export async function fetchView(shown: View, { isHeld }: { readonly isHeld: boolean }): Promise<View> {
  if (shown.page === "consumers") return await read(await request("/view/consumers"));
  if (shown.page === "job") {
    const response = await request(`/view/job${location.search}`);
    return response.status === 404 ? withoutJob(shown) : await read(response);
  }
  const params = queryParams(queryHere());
  if (isHeld) params.set("kept", shown.jobs.map(({ seq }) => seq).join());
  return await read(await request(`/view/list?${params}`));
}

/** The last known state of a removed job. A new document would bring back a reader who is just leaving this one. */
function withoutJob(shown: JobView): JobView {
  return { ...shown, isGone: true, job: { ...shown.job, actions: [] } };
}

function request(path: string): Promise<Response> {
  return fetch(addressOf(path), { headers: { accept: "application/json" } });
}

async function read(response: Response): Promise<View> {
  if (response.redirected) throw new LoggedOut();
  if (!response.ok) throw new Error(`The server responded with ${response.status}`);
  return await response.json();
}
