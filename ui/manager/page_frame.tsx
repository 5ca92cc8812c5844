/** What is above and below the content of every live page. */
import type { ComponentChildren } from "preact";
import { count, duration } from "../components/format.ts";
import type { BatchView, Liveness, Note, Undo, View } from "./views.ts";

export interface PageHeadProps {
  readonly view: View;
  readonly live: Liveness;
  /** The title, or a link back. */
  readonly children: ComponentChildren;
}

/**
 * The first line of a page: its title, whether it is live, and warnings. Its height never changes, so that nothing below
 * moves under the reader's pointer.
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
              Reconnecting…
              {live.staleMs === null && (
                <span class="roomy">{" "}Refreshing every few seconds meanwhile.</span>
              )}
            </>
          )}
        </span>
        {/* Outside the status, which a screen reader reads out at each change. */}
        {live.staleMs !== null && (
          <span class="stale">
            <span class="roomy">What you see is{" "}</span>
            {duration(live.staleMs)} old
          </span>
        )}
      </div>
    </div>
  );
}

/** The first warning on one line; all of them when opened. */
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

/** Shown while rows hold still, under the pointer or while some are selected: there may be new ones to show. */
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

export interface DockProps {
  readonly view: View;
  readonly live: Liveness;
  /** The address of the page, for forms without scripts. */
  readonly back: string;
  /** Shown at the bottom. */
  readonly children?: ComponentChildren;
}

/** Temporary elements float above the lower edge of the window, so that no row moves for them. */
export function Dock({ view, live, back, children }: DockProps) {
  return (
    <div class="dock">
      {view.batches.map((batch) => <Batch key={batch.number} batch={batch} back={back} />)}
      <div role="status" class="dock-note">
        {live.note !== null && <NoteText note={live.note} back={back} />}
      </div>
      {children}
    </div>
  );
}

interface NoteTextProps {
  readonly note: Note;
  readonly back: string;
}

export function NoteText({ note, back }: NoteTextProps) {
  const { tone, text, undo } = note;
  if (undo === undefined) return <p class={`message message-${tone}`}>{text}</p>;
  return (
    <form class={`message message-${tone} batch`} method="post" action="/resubmit">
      <input type="hidden" name="back" value={back} />
      {undo.ids.map((id) => <input key={id} type="hidden" name="id" value={id} />)}
      <span>{text}</span>
      <button type="submit" class="small-button">{undoInWords(undo)}</button>
    </form>
  );
}

function undoInWords({ ids: { length }, isAll }: Undo): string {
  return isAll ? "Undo" : `Undo for the ${length === 1 ? "one" : count(length)} that had not failed`;
}

const TONES = {
  running: "good",
  stopping: "warning",
  done: "good",
  failed: "danger",
} as const satisfies Record<
  BatchView["state"],
  string
>;

function Batch(
  { batch: { number, sentence, state }, back }: { readonly batch: BatchView; readonly back: string },
) {
  return (
    <form class={`message message-${TONES[state]} batch`} method="post" action="/all/stop">
      <input type="hidden" name="back" value={back} />
      <span>{sentence}</span>
      {state === "running" && (
        <button type="submit" name="number" value={number} class="small-button">Stop</button>
      )}
    </form>
  );
}
