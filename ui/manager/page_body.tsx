/** Which page a view is, and the state in which it starts. */
import { LoggedOut } from "../components/plain_page.tsx";
import { ConsumersPage } from "./consumers_page.tsx";
import { NoteText } from "./page_frame.tsx";
import { JobPage } from "./job_page.tsx";
import { ListPage } from "./list_page.tsx";
import type { Liveness, Note, View } from "./views.ts";

/** The live part of a page: the same in the server's first response and in the browser. */
export function PageBody({ view, live }: { readonly view: View; readonly live: Liveness }) {
  if (live.isLoggedOut) {
    return <LoggedOut>{live.note !== null && <NoteText note={live.note} back="/" />}</LoggedOut>;
  }
  if (view.page === "list") return <ListPage view={view} live={live} />;
  if (view.page === "job") return <JobPage view={view} live={live} />;
  return <ConsumersPage view={view} live={live} />;
}

/** The browser's state before anything has happened. */
export function initialLiveness(view: View, note: Note | null): Liveness {
  const picked = { all: 0, resubmit: 0, cancel: 0 };
  return { now: view.now, note, isConnected: true, staleMs: null, isLoggedOut: false, picked, newer: 0 };
}
