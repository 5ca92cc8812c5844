import type { ComponentChildren } from "preact";
import { count } from "../components/format.ts";
import type { Liveness, View } from "./views.ts";

export interface PageHeadProps {
  readonly view: View;
  readonly live: Liveness;
  /** The title, or the way back. */
  readonly children: ComponentChildren;
}

/**
 * The first line of a page: what it is, whether it is live, what is wrong. Its height never changes, whatever comes
 * and goes in it: nothing below moves under the reader's pointer.
 */
export function PageHead({ view, live, children }: PageHeadProps) {
  return (
    <div class="page-head">
      {children}
      <div class="page-state">
        <Warnings warnings={view.warnings} />
        <Paused live={live} />
        <span role="status" class={`link-state needs-script ${live.isConnected ? "is-live" : "is-lost"}`}>
          {live.isConnected ? "Live" : (
            <>
              Reconnecting… <span class="roomy">Refreshing every few seconds meanwhile.</span>
            </>
          )}
        </span>
      </div>
    </div>
  );
}

/** One line, and all of them when it is opened. */
function Warnings({ warnings }: { readonly warnings: readonly string[] }) {
  if (warnings.length === 0) return null;
  const [first = ""] = warnings;
  return (
    <details class="warnings">
      <summary>
        {warnings.length === 1 ? "1 warning" : `${count(warnings.length)} warnings`}
        <span class="roomy">{first}</span>
      </summary>
      <ul class="panel">
        {warnings.map((warning) => <li key={warning}>{warning}</li>)}
      </ul>
    </details>
  );
}

/** Rows hold still under the pointer and while some are selected; then there may be others to show. */
function Paused({ live: { picked, newer } }: Pick<PageHeadProps, "live">) {
  if (picked.all === 0 && newer === 0) return null;
  return (
    <span class="paused">
      <span class="roomy">
        {picked.all > 0
          ? "Rows hold still while some are selected"
          : "Rows hold still while you are on the list"}
      </span>
      {newer > 0 && (
        <>
          <span class="nowrap">{count(newer)} new</span>
          <button type="button" class="small-button" data-show-newer>Show</button>
        </>
      )}
    </span>
  );
}
