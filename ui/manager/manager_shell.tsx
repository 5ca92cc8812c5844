/** The document of every page of the Manager: header links, the content, and the help. */
import type { ComponentChildren } from "preact";
import type { ManagerFrame } from "../http/app_env.ts";
import { documentTitle } from "./page_title.ts";
import { LogOutForm, Shell } from "../components/document.tsx";

export interface FrameProps {
  /** The page's title, shown before " · Persistent Queue". */
  readonly title: string;
  /** The header link that is marked as current. */
  readonly at: "/" | "/consumers" | "/add" | null;
}

export interface ManagerShellProps extends FrameProps, ManagerFrame {
  readonly children: ComponentChildren;
}

const LINKS = [["/", "Jobs"], ["/consumers", "Consumers"], ["/add", "Add job"]] as const;

export function ManagerShell({ title, at, version, ops, children }: ManagerShellProps) {
  return (
    <Shell
      title={documentTitle(title)}
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
            <LogOutForm />
          </span>
        </>
      }
    >
      {children}
      <Help />
    </Shell>
  );
}

const KEYS = [
  ["/", "Search"],
  ["j", "Next job"],
  ["k", "Previous job"],
  ["x", "Select the job"],
  ["Enter", "Open the job"],
  ["r", "Resubmit the job"],
  ["c", "Cancel the job"],
  ["1 – 8", "All, PENDING … Stalled"],
  ["Shift", "and a click: select a range"],
  ["?", "This help"],
] as const;

/** The list of shortcuts. Only a script opens it, because only a script listens to keys. */
function Help() {
  return (
    <dialog id="help" class="help" aria-labelledby="help-title">
      <h2 id="help-title">Keyboard shortcuts</h2>
      <dl>
        {KEYS.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <label class="keys-switch">
        <input type="checkbox" data-keys-switch /> Use these keys
      </label>
      <form method="dialog" data-plain>
        <button type="submit">Close</button>
      </form>
    </dialog>
  );
}
