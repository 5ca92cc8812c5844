/** The Ops page: one look at the whole system. It shows, and changes nothing. */
import { Hono } from "hono";
import { STATUSES } from "@persistent-queue/queue";
import { Shell } from "../components/shell.tsx";
import type { OpsPorts } from "../ports.ts";
import { renderPage } from "../render_page.ts";
import { Dashboard } from "./dashboard.tsx";
import type { FirstProps } from "./snapshot.ts";
import { takeSnapshot } from "./take_snapshot.ts";

export function opsPages(ports: OpsPorts): Hono {
  return new Hono().get("/", async (c) => {
    const snapshot = await takeSnapshot(ports);
    return renderPage(
      c,
      <OpsPage snapshot={snapshot} statuses={STATUSES} version={ports.version} now={ports.now()} />,
    );
  });
}

function OpsPage(first: FirstProps) {
  return (
    <Shell
      title="Ops · Persistent Queue"
      page="ops"
      version={first.version}
      nav={<Links />}
      scripts={["/static/ops.js"]}
      styles={["/static/ops.css"]}
    >
      <noscript>
        <p class="message">Without JavaScript this page stands still: reload to refresh.</p>
      </noscript>
      <div id="ops" data-props={JSON.stringify(first)}>
        <Dashboard {...first} link="still" agedMs={0} />
      </div>
    </Shell>
  );
}

function Links() {
  return (
    <>
      <a href="/" aria-current="page">Overview</a>
      <a href="/metrics">Metrics</a>
      <a href="/healthz">Health</a>
    </>
  );
}
