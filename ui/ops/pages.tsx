/** The Ops page: one look at the whole system. It shows, and changes nothing. */
import { Hono } from "hono";
import { STATUSES } from "@persistent-queue/queue";
import type { AppEnv } from "../http/app_env.ts";
import { UNTRANSLATED } from "../components/untranslated.ts";
import { otherPage } from "../http/other_page.ts";
import type { OpsPorts } from "../page_deps.ts";
import { renderPage } from "../http/render_page.ts";
import { Dashboard } from "./dashboard.tsx";
import { OpsShell } from "./ops_shell.tsx";
import type { FirstProps } from "./snapshot.ts";
import { takeSnapshot } from "./take_snapshot.ts";

export function opsPages(ports: OpsPorts): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .use(async (c, next) => {
      c.set("ops", { version: ports.version, manager: otherPage(c, ports) });
      await next();
    })
    .get("/", async (c) => {
      const snapshot = await takeSnapshot(ports);
      return renderPage(c, <OpsPage {...{ snapshot, statuses: STATUSES, ...c.var.ops, now: ports.now() }} />);
    });
}

function OpsPage(first: FirstProps) {
  return (
    <OpsShell title="Ops" isOverview version={first.version} manager={first.manager}>
      <noscript>
        <meta http-equiv="refresh" content="5" />
        <p class="message">Without JavaScript this page reloads itself every five seconds.</p>
      </noscript>
      <div id="ops" {...UNTRANSLATED} data-props={JSON.stringify(first)}>
        <Dashboard {...first} link="still" agedMs={0} />
      </div>
    </OpsShell>
  );
}
