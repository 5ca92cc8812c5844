/** How every page shows a job's id and status. */
import { printable } from "@persistent-queue/queue/basics";
import type { Status } from "@persistent-queue/queue";

/** The width of the end that is always shown, in character cells, as the style sheet leaves room for. */
const TAIL_CELLS = 16;

const MAX_IN_TEXT = 64;

/**
 * The id of a job on one line. If space is short it is shortened in the middle, because long ids often differ only at
 * their ends. Invisible characters, and those that change the text direction, are shown as escapes.
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

/** The same for an id within a sentence: shortened to a few dozen characters. */
export function IdInText({ id }: { readonly id: string }) {
  const text = printable(id);
  const isLong = text.length > MAX_IN_TEXT;
  return <bdi class="mono">{isLong ? `${text.slice(0, MAX_IN_TEXT - 20)}…${text.slice(-20)}` : text}</bdi>;
}

/** Where the part begins that is always shown; 0 for an id so short that it is never shortened. */
function tailStart(text: string): number {
  if (text.length <= TAIL_CELLS + 4) return 0;
  let cells = 0;
  let at = text.length;
  for (const character of [...text.slice(-TAIL_CELLS)].reverse()) {
    // East Asian characters are two cells wide, and so are most pictographs.
    cells += (character.codePointAt(0) ?? 0) >= 0x1100 ? 2 : 1;
    if (cells > TAIL_CELLS) break;
    at -= character.length;
  }
  return at;
}

/** A status as text; the colour only repeats it. */
export function StatusBadge({ status }: { readonly status: Status }) {
  return <span class={`badge badge-${status.toLowerCase()}`}>{status}</span>;
}
