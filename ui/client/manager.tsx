/** Makes the Manager's pages live: the same components as on the server, re-rendered as the queue changes. */
import type { Signal } from "@preact/signals";
import { hydrate } from "preact";
import { PageBody } from "../manager/page_body.tsx";
import type { Liveness, Note, View } from "../manager/views.ts";
import { addressOf, renderBelowBase } from "./base_path.ts";
import { listenToForms, listenToNavigation, sendPlainFormsOnce } from "./navigation.ts";
import { listenToCopying } from "./copying.ts";
import { listenToKeys } from "./keyboard.ts";
import { liveStream } from "./live_stream.ts";
import { LivePage } from "./live_page.ts";
import { listenToReader } from "./held_rows.ts";
import { listenToTicks } from "./ticks.ts";

const SECOND = 1_000;

function LiveBody({ view, live }: { readonly view: Signal<View>; readonly live: Signal<Liveness> }) {
  return <PageBody view={view.value} live={live.value} />;
}

function start(root: HTMLElement): void {
  const first = JSON.parse(root.dataset.props ?? "");
  const page = new LivePage(first);
  hydrate(<LiveBody view={page.view} live={page.live} />, root);
  listenToReader(() => page.refreshSoon());
  listenToTicks({ onChange: () => page.countTicks(), onShowNewer: () => page.showNewer() });
  listenToNavigation({ onMove: () => page.refreshNow() });
  listenToCopying((note) => page.say(note));
  listenToForms({
    onDone: async (note, form) => {
      // Not `form.id`: that is its field of this name.
      if (form.getAttribute("id") === "ticked") page.untick();
      page.say(note);
      await page.refreshNow();
    },
    onFailure: (note) => page.fail(note),
  });
  liveStream({
    url: addressOf("/events"),
    event: "change",
    onEvent: (data) => page.hear(data),
    onConnection: (isConnected) => page.setStreaming(isConnected),
  });
  setInterval(() => !document.hidden && page.tick(), SECOND);
  if (first.note !== null) showNoteOnce(page, first.note);
}

/** A reload must not show the note again. */
function showNoteOnce(page: LivePage, note: Note): void {
  page.say(note);
  const address = new URL(location.href);
  address.searchParams.delete("note");
  history.replaceState(null, "", address);
}

renderBelowBase();
listenToKeys();
sendPlainFormsOnce();
const root = document.querySelector<HTMLElement>("#app");
if (root !== null) start(root);
