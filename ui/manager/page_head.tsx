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
              Reconnecting… <span class="roomy">Until then this page refreshes on a timer.</span>
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
  const news = newer === 1 ? "1 new job" : `${count(newer)} new jobs`;
  return (
    <span class="paused">
      <span class="paused-words">
        {newer > 0 ? `${news} · paused ` : "paused "}
        <span class="roomy">{picked.all > 0 ? "while rows are selected" : "while you are at a button"}</span>
      </span>
      {picked.all > 0 && newer > 0 && (
        <button type="button" class="small-button" data-show-newer>
          Show
        </button>
      )}
    </span>
  );
}
