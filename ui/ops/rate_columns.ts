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
/** A job every few seconds is calm, and has to look like it. */
const LEAST_TOP = 5;
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
    Math.max(LEAST_TOP, ...shown.map((rates) => Math.max(rates.added, rates.completed + rates.failed))),
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

/** To a round number, at most half as much again: the highest column fills two thirds of its half or more. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((factor) => value <= factor * power) ?? 10;
  return step * power;
}
