import type { ComponentChildren } from "preact";
import type { BatchView, Liveness, Note, View } from "./views.ts";

export interface DockProps {
  readonly view: View;
  readonly live: Liveness;
  /** The address of the page, for forms without scripts. */
  readonly back: string;
  /** Below all the rest. */
  readonly children?: ComponentChildren;
}

/** What comes and goes is shown above the lower edge of the window, out of the flow: no row moves for it. */
export function Dock({ view, live, back, children }: DockProps) {
  return (
    <div class="dock">
      {view.batches.map((batch) => <Batch key={batch.number} batch={batch} back={back} />)}
      <div role="status" class="dock-note">
        {live.note !== null && <NoteText note={live.note} />}
      </div>
      {children}
    </div>
  );
}

export function NoteText({ note: { tone, text } }: { readonly note: Note }) {
  return <p class={`message message-${tone}`}>{text}</p>;
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
