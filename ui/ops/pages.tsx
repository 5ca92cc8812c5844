/** The Ops page: the whole system at a glance, read-only. */
import { Hono } from "hono";
import { STATUSES } from "@persistent-queue/queue";
import type { ComponentChildren } from "preact";
import type { AppEnv, OpsFrame } from "../http/app_env.ts";
import { otherPage, PROPS, renderPage } from "../http/page_address.ts";
import type { OpsDeps } from "../page_deps.ts";
import { countsOnWire, systemOnWire } from "../api/serializers.ts";
import { LogOutForm, Shell, UNTRANSLATED } from "../components/document.tsx";
import { Dashboard } from "./dashboard.tsx";
import type { FirstProps, Snapshot } from "./snapshot.ts";

/** The address at which it reloads itself, which does not count as activity: relative, since it may be below a path. */
const RELOADED = "?auto=1";

export function opsPages(deps: OpsDeps, { hasLogin }: Pick<OpsFrame, "hasLogin">): Hono<AppEnv> {
  return new Hono<AppEnv>()
    .use(async (c, next) => {
      c.set("ops", { version: deps.version, manager: otherPage(c, deps), hasLogin });
      await next();
    })
    .get("/", async (c) => {
      const snapshot = await takeSnapshot(deps);
      const { version, manager } = c.var.ops;
      const first = { snapshot, statuses: STATUSES, version, manager, now: deps.now() };
      return renderPage(c, <OpsPage first={first} frame={c.var.ops} />, { props: first });
    });
}

function OpsPage({ first, frame }: { readonly first: FirstProps; readonly frame: OpsFrame }) {
  return (
    <OpsShell title="Ops" isOverview {...frame}>
      <noscript>
        <meta http-equiv="refresh" content={`5; url=${RELOADED}`} />
        <p class="message">Without JavaScript this page reloads itself every five seconds.</p>
      </noscript>
      <div id="ops" {...UNTRANSLATED} {...PROPS}>
        <Dashboard {...first} link="still" agedMs={0} />
      </div>
    </OpsShell>
  );
}

/** The snapshot that the page is rendered with. */
async function takeSnapshot({ queue, system }: OpsDeps): Promise<Snapshot> {
  const stats = await queue.stats().catch(() => null);
  const view = systemOnWire(system.view(), queue);
  return {
    stats: stats === null ? null : countsOnWire(stats, queue.hosts),
    system: { ...view, trouble: view.trouble ?? queue.trouble },
  };
}

export interface OpsShellProps extends OpsFrame {
  /** The page's title, shown before " · Persistent Queue". */
  readonly title: string;
  /** Whether it is the overview, which a script keeps up to date. */
  readonly isOverview: boolean;
  readonly children: ComponentChildren;
}

export function OpsShell({ title, isOverview, version, manager, hasLogin, children }: OpsShellProps) {
  return (
    <Shell
      title={`${title} · Persistent Queue`}
      page="ops"
      version={version}
      scripts={isOverview ? ["/static/ops.js"] : []}
      styles={["/static/ops.css"]}
      nav={
        <>
          <a href="/" aria-current={isOverview ? "page" : undefined}>Overview</a>
          {manager !== null && <a href={manager}>Manager</a>}
          <a href="/metrics">Metrics</a>
          <a href="/healthz">Health</a>
          {hasLogin && (
            <span class="push">
              <LogOutForm />
            </span>
          )}
        </>
      }
    >
      {children}
    </Shell>
  );
}
