/** The geometry of the chart. Lengths are units of the SVG's view box. */
import type { Rates } from "./snapshot.ts";

export const SECONDS = 60;
const STEP = 10;
const GAP = 2;
export const WIDTH = SECONDS * STEP;
export const HEIGHT = 160;
export const MIDDLE = HEIGHT / 2;
/** Between the line and the first column, and between the last one and the edge. */
const PADDING = 1;
/** So that one job can be seen beside a thousand. */
const LEAST = 3;
const LONGEST = MIDDLE - 2 * PADDING - LEAST;

export interface Columns {
  /** Jobs per second at either edge. */
  readonly top: number;
  /** SVG paths. */
  readonly added: string;
  readonly completed: string;
  readonly failed: string;
}

/** `history` has an entry a second, oldest first; the latest stands at the right edge. */
export function columnsOf(history: readonly Rates[]): Columns {
  const shown = history.slice(-SECONDS);
  const top = roundUp(
    Math.max(1, ...shown.map((rates) => Math.max(rates.added, rates.completed + rates.failed))),
  );
  const heightOf = (jobs: number) => jobs === 0 ? 0 : Math.max(LEAST, jobs / top * LONGEST);
  const draw = (from: (rates: Rates) => number, to: (rates: Rates) => number) =>
    shown.map((rates, i) => {
      const x = (SECONDS - shown.length + i) * STEP + GAP / 2;
      return column(x, from(rates), to(rates));
    }).join("");
  const above = MIDDLE - PADDING;
  const below = MIDDLE + PADDING;
  return {
    top,
    added: draw(() => above, ({ added }) => above - heightOf(added)),
    completed: draw(() => below, ({ completed }) => below + heightOf(completed)),
    failed: draw(
      ({ completed }) => below + heightOf(completed),
      ({ completed, failed }) => below + heightOf(completed) + heightOf(failed),
    ),
  };
}

function column(x: number, from: number, to: number): string {
  if (from === to) return "";
  return `M${x} ${short(from)}V${short(to)}h${STEP - GAP}V${short(from)}z`;
}

function short(y: number): string {
  return y.toFixed(1);
}

/** To 1, 2, 4, 6 or 8 times a power of ten. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 4, 6, 8, 10].find((factor) => value <= factor * power) ?? 10;
  return step * power;
}
