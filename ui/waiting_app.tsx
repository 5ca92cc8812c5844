/** Replaces both pages while the start waits for the storage. */
import type { App, BaseOptions } from "./base_app.ts";
import { baseApp, served } from "./base_app.ts";
import { PlainPage } from "./components/plain_page.tsx";
import { HttpError, isForScripts } from "./http/errors.ts";
import { renderPage } from "./http/page_address.ts";
import { probes } from "./ops/monitoring.ts";

/** How soon a waiting page reloads, in seconds. */
const RELOAD_S = "3";

/** `why`: the reason as a sentence that strangers may read, since there is no login yet. */
export function waitingApp(options: BaseOptions, why: () => string): App {
  const watched = {
    trouble: why,
    unready: () => "The system is starting.",
    durability: () => "unknown" as const,
  };
  const app = baseApp(options, probes(watched));
  app.all("*", (c) => {
    if (isForScripts(c.req.path)) {
      throw new HttpError(503, "storage", why(), { headers: { "Retry-After": RELOAD_S } });
    }
    const title = "The system is starting";
    if (!["GET", "HEAD"].includes(c.req.method)) {
      // A page that reloads itself would send its form again.
      const sentence =
        `${why()} The start waits for that, so what you sent was not done. Send it again later.`;
      return renderPage(c, <PlainPage title={title} sentence={sentence} />, { status: 503 });
    }
    c.header("Refresh", RELOAD_S);
    const sentence = `${why()} The start waits for that, and this page reloads by itself.`;
    return renderPage(c, <PlainPage title={title} sentence={sentence} linkText="Reload now" />, {
      status: 503,
    });
  });
  return { ...served(app, options), close() {} };
}
