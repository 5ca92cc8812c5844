/** The document of every page of the Manager: its links, and the part that the browser brings to life. */
import type { ComponentChildren } from "preact";
import type { ManagerFrame } from "../http/app_env.ts";
import { Shell } from "../components/shell.tsx";
import { Help } from "./help.tsx";

export interface FrameProps {
  /** Of the page, before " · Persistent Queue". */
  readonly title: string;
  /** The address that the header marks as the one shown. */
  readonly at: "/" | "/consumers" | "/add" | null;
}

export interface ManagerShellProps extends FrameProps, ManagerFrame {
  readonly children: ComponentChildren;
}

const LINKS = [["/", "Jobs"], ["/consumers", "Consumers"], ["/add", "Add job"]] as const;

export function ManagerShell({ title, at, version, ops, children }: ManagerShellProps) {
  return (
    <Shell
      title={`${title} · Persistent Queue`}
      page="manager"
      version={version}
      scripts={["/static/manager.js"]}
      styles={[]}
      nav={
        <>
          {LINKS.map(([href, name]) => (
            <a key={href} href={href} aria-current={at === href ? "page" : undefined}>{name}</a>
          ))}
          {ops !== null && <a href={ops}>Ops</a>}
          <span class="push">
            <button type="button" class="quiet needs-script help-button" data-help>Shortcuts</button>
            <form method="post" action="/logout" data-plain>
              <button type="submit" class="quiet">Log out</button>
            </form>
          </span>
        </>
      }
    >
      {children}
      <Help />
    </Shell>
  );
}
