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

export function NoteText({ note: { tone, text, undo }, back }: NoteTextProps) {
  if (undo === undefined) return <p class={`message message-${tone}`}>{text}</p>;
  return (
    <form class={`message message-${tone} batch`} method="post" action="/resubmit">
      <input type="hidden" name="back" value={back} />
      <input type="hidden" name="id" value={undo} />
      <span>{text}</span>
      <button type="submit" class="small-button">Undo</button>
    </form>
  );
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
