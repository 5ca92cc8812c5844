/** Makes the Ops page live: shows every snapshot, advances ages, and reports and reopens a broken stream. */
import { hydrate, render } from "preact";
import { Dashboard } from "../ops/dashboard.tsx";
import type { FirstProps, Link } from "../ops/snapshot.ts";
import { addressOf, renderBelowBase } from "./base_path.ts";
import { liveStream } from "./live_stream.ts";
import { NewestFirst } from "./newest_first.ts";

const TICK_MS = 500;
/** The server sends at least one snapshot a second. */
const SILENCE_MS = 5000;

const root = document.getElementById("ops");
const json = root?.dataset.props;
if (root && json) {
  renderBelowBase();
  makeLive(root, JSON.parse(json));
}

function makeLive(root: HTMLElement, first: FirstProps): void {
  // The offset of the server's clock; the time that the page took to load is small compared with a second.
  const aheadMs = first.now - Date.now();
  let { snapshot } = first;
  let takenAt = performance.now();
  let link: Link = "still";
  const warnings = new NewestFirst();
  warnings.order(snapshot.system.warnings);

  const page = () => {
    const agedMs = performance.now() - takenAt;
    const now = Date.now() + aheadMs;
    return <Dashboard {...first} snapshot={snapshot} link={link} agedMs={agedMs} now={now} />;
  };
  const show = () => render(page(), root);

  hydrate(page(), root);
  liveStream({
    url: addressOf("/events"),
    event: "snapshot",
    silenceMs: SILENCE_MS,
    onEvent: (data) => {
      const news: FirstProps["snapshot"] = JSON.parse(data);
      snapshot = { ...news, system: { ...news.system, warnings: warnings.order(news.system.warnings) } };
      takenAt = performance.now();
      link = "live";
      show();
    },
    onConnection: (isConnected) => {
      // The page is up to date only once the next snapshot has arrived.
      if (isConnected) return;
      if (link !== "ended") link = "lost";
      show();
      isLoggedOut().then((isOver) => {
        if (link !== "live") link = isOver ? "ended" : "lost";
        show();
      });
    },
  });
  setInterval(() => {
    if (!document.hidden) show();
  }, TICK_MS);
}

/** A stream does not say why it broke. This request is one for scripts, so it does not keep the session alive. */
async function isLoggedOut(): Promise<boolean> {
  const response = await fetch(addressOf("/metrics"), { method: "HEAD" }).catch(() => null);
  return response?.status === 401;
}
