/** The Ops page: one look at the whole system. It shows, and changes nothing. */
import { Hono } from "hono";
import { STATUSES } from "@persistent-queue/queue";
import { Shell } from "../components/shell.tsx";
import { otherPage } from "../other_page.ts";
import type { OpsPorts } from "../ports.ts";
import { renderPage } from "../render_page.ts";
import { Dashboard } from "./dashboard.tsx";
import type { FirstProps } from "./snapshot.ts";
import { takeSnapshot } from "./take_snapshot.ts";

export function opsPages(ports: OpsPorts): Hono {
  return new Hono().get("/", async (c) => {
    const snapshot = await takeSnapshot(ports);
    const manager = otherPage(c.req.raw, ports.otherPort);
    const { version } = ports;
    return renderPage(
      c,
      <OpsPage {...{ snapshot, statuses: STATUSES, version, manager, now: ports.now() }} />,
    );
  });
}

function OpsPage(first: FirstProps) {
  return (
    <Shell
      title="Ops · Persistent Queue"
      page="ops"
      version={first.version}
      nav={<Links manager={first.manager} />}
      scripts={["/static/ops.js"]}
      styles={["/static/ops.css"]}
    >
      <noscript>
        <meta http-equiv="refresh" content="5" />
        <p class="message">Without JavaScript this page reloads itself every five seconds.</p>
      </noscript>
      <div id="ops" data-props={JSON.stringify(first)}>
        <Dashboard {...first} link="still" agedMs={0} />
      </div>
    </Shell>
  );
}

function Links({ manager }: Pick<FirstProps, "manager">) {
  return (
    <>
      <a href="/" aria-current="page">Overview</a>
      {manager !== null && <a href={manager}>Manager</a>}
      <a href="/metrics">Metrics</a>
      <a href="/healthz">Health</a>
    </>
  );
}
