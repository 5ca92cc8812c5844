/** What a job is called on every page: its id and its status. */
import { printable } from "@persistent-queue/queue/basics";
import type { Status } from "@persistent-queue/queue";

/** Cells of the end that always show, as wide as the style sheet leaves room for. */
const TAIL_CELLS = 16;

const MOST_IN_TEXT = 64;

/**
 * The id of a job on one line. Where room is short it is cut in the middle, because long ids often differ only at
 * their ends. What would turn the direction of reading or hide itself is shown as its escape.
 */
export function JobId({ id }: { readonly id: string }) {
  const text = printable(id);
  const at = tailStart(text);
  if (at === 0) return <bdi class="job-id">{text}</bdi>;
  return (
    <bdi class="job-id">
      <span class="job-id-head">{text.slice(0, at)}</span>
      {text.slice(at)}
    </bdi>
  );
}

/** The same for an id within a sentence: as text of some dozens of letters. */
export function IdInText({ id }: { readonly id: string }) {
  const text = printable(id);
  const isLong = text.length > MOST_IN_TEXT;
  return <bdi class="mono">{isLong ? `${text.slice(0, MOST_IN_TEXT - 20)}…${text.slice(-20)}` : text}</bdi>;
}

/** Where the end begins that always shows; 0 for an id so short that it needs no cut. */
function tailStart(text: string): number {
  if (text.length <= TAIL_CELLS + 4) return 0;
  let cells = 0;
  let at = text.length;
  for (const character of [...text.slice(-TAIL_CELLS)].reverse()) {
    // Letters of East Asia are two cells wide, and so are most pictures.
    cells += (character.codePointAt(0) ?? 0) >= 0x1100 ? 2 : 1;
    if (cells > TAIL_CELLS) break;
    at -= character.length;
  }
  return at;
}

/** A status in its own words; colour only repeats what the text says. */
export function StatusBadge({ status }: { readonly status: Status }) {
  return <span class={`badge badge-${status.toLowerCase()}`}>{status}</span>;
}
