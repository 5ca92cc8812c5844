/** Aligned columns for a terminal; whatever is in them stays in its place. */
import { printable } from "@persistent-queue/queue";

const GAP = "  ";
const MAX_CELL = 100;

/** Rows of text, the first one usually being the heading. Every cell is made printable, and long ones are cut. */
export function columns(rows: readonly (readonly string[])[]): string {
  const shown = rows.map((row) => row.map((cell) => printable(cell, { maxLength: MAX_CELL })));
  const widths = shown.reduce<number[]>(
    (widest, row) => row.map((cell, column) => Math.max(widest[column] ?? 0, widthOf(cell))),
    [],
  );
  return shown.map((row) => row.map((cell, column) => pad(cell, widths[column] ?? 0)).join(GAP).trimEnd())
    .join("\n");
}

function pad(cell: string, width: number): string {
  return cell + " ".repeat(width - widthOf(cell));
}

/** Places on a terminal: a combining mark takes none, wide scripts and pictures take two. */
function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += /\p{M}/u.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return width;
}

const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}|[\u{20000}-\u{3fffd}]/u;
