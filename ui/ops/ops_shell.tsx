/** The document of every page of Ops, of its errors too. */
import type { ComponentChildren } from "preact";
import type { OpsFrame } from "../http/app_env.ts";
import { Shell } from "../components/document.tsx";

export interface OpsShellProps extends OpsFrame {
  /** Of the page, before " · Persistent Queue". */
  readonly title: string;
  /** Whether it is the overview, which its script keeps up to date. */
  readonly isOverview: boolean;
  readonly children: ComponentChildren;
}

export function OpsShell({ title, isOverview, version, manager, children }: OpsShellProps) {
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
        </>
      }
    >
      {children}
    </Shell>
  );
}
