/** Brings the Manager's pages to life: the same components as on the server, fed again as the queue changes. */
import type { Signal } from "@preact/signals";
import { hydrate } from "preact";
import { PageBody } from "../manager/page_body.tsx";
import type { Liveness, View } from "../manager/views.ts";
import { listenToForms } from "./forms.ts";
import { listenToKeys } from "./keyboard.ts";
import { liveStream } from "./live_stream.ts";
import { LivingPage } from "./living_page.ts";
import { listenToNavigation } from "./navigation.ts";
import { listenToAiming } from "./stillness.ts";
import { listenToTicks } from "./ticks.ts";

const SECOND = 1_000;

function Living({ view, live }: { readonly view: Signal<View>; readonly live: Signal<Liveness> }) {
  return <PageBody view={view.value} live={live.value} />;
}

function start(root: HTMLElement): void {
  const first = JSON.parse(root.dataset.props ?? "");
  const page = new LivingPage(first);
  hydrate(<Living view={page.view} live={page.live} />, root);
  listenToAiming();
  listenToTicks(() => page.countTicks());
  listenToNavigation({ onMove: () => page.refreshNow() });
  listenToForms({
    onDone: (note) => page.done(note),
    onFailure: () => page.say("This was not done: the server did not answer as expected. Try again."),
  });
  liveStream({
    url: "/events",
    event: "change",
    onEvent: () => page.refreshSoon(),
    onConnection: (isConnected) => page.setStreaming(isConnected),
  });
  setInterval(() => !document.hidden && page.tick(), SECOND);
  if (first.note !== "") tellOnce(page, first.note);
}

/** The note is not to come again with a reload. */
function tellOnce(page: LivingPage, note: string): void {
  page.say(note);
  const address = new URL(location.href);
  address.searchParams.delete("note");
  history.replaceState(null, "", address);
}

listenToKeys();
const root = document.querySelector<HTMLElement>("#app");
if (root !== null) start(root);
