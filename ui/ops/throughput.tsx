/** Throughput: the rates, and the last minute as a chart. */
import { count, perSecond } from "../components/format.ts";
import type { Rates, Stats } from "./snapshot.ts";

const SERIES = [
  ["added", "Added"],
  ["completed", "Completed"],
  ["failed", "Failed attempts"],
] as const satisfies [keyof Rates, string][];

export function Throughput({ stats }: { readonly stats: Stats | null }) {
  return (
    <section class="panel throughput" aria-labelledby="throughput-title">
      <div class="panel-head">
        <h2 id="throughput-title">Throughput</h2>
        <p class="muted small">per second, over ten seconds</p>
      </div>
      <dl class="rates">
        {SERIES.map(([name, title]) => (
          <div key={name} class={`rate rate-${name}`}>
            <dt>{title}</dt>
            <dd>{stats === null ? "–" : perSecond(stats.rates[name])}</dd>
          </div>
        ))}
      </dl>
      <RateChart history={stats?.history ?? []} />
    </section>
  );
}

/** The last minute, one column per second: jobs added above the line, jobs and attempts ended below it. */
function RateChart({ history }: { readonly history: readonly Rates[] }) {
  const { top, added, completed, failed } = columnsOf(history);
  return (
    <figure class="chart">
      <svg
        role="img"
        aria-label={inWords(history)}
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
      >
        {[0.5, MIDDLE, HEIGHT - 0.5].map((y) => (
          <line
            key={y}
            class="chart-line"
            x1="0"
            x2={WIDTH}
            y1={y}
            y2={y}
            vector-effect="non-scaling-stroke"
          />
        ))}
        <path class="chart-added" d={added} />
        <path class="chart-completed" d={completed} />
        <path class="chart-failed" d={failed} />
        {history.slice(-SECONDS).map((rates, i, { length }) => (
          <rect key={i} class="chart-second" x={(SECONDS - length + i) * 10} y="0" width="10" height={HEIGHT}>
            <title>{ofSecond(rates, length - i)}</title>
          </rect>
        ))}
      </svg>
      <p class="chart-scale chart-in" aria-hidden="true">{count(top)}/s added</p>
      <p class="chart-scale chart-out" aria-hidden="true">{count(top)}/s finished</p>
      <figcaption class="chart-time" aria-hidden="true">
        <span>1 min ago</span>
        <span>30 s</span>
        <span>now</span>
      </figcaption>
    </figure>
  );
}

function ofSecond({ added, completed, failed }: Rates, ago: number): string {
  return `${ago} s ago: ${count(added)} added, ${count(completed)} completed, ${
    count(failed)
  } failed attempts`;
}

/** The chart in words, for screen readers. */
function inWords(history: readonly Rates[]): string {
  if (history.length === 0) return "Jobs and failed attempts in the last minute: nothing is known yet.";
  const words = (["added", "completed", "failed"] as const).map((name) => {
    const values = history.map((rates) => rates[name]);
    const sum = values.reduce((total, value) => total + value, 0);
    return `${name === "failed" ? "failed attempts" : name} ${count(sum)} (${
      perSecond(sum / values.length)
    }, at most ${count(Math.max(...values))} in one second)`;
  });
  return `Jobs and failed attempts in the last minute: ${words.join("; ")}.`;
}

// The geometry of the chart. Lengths are in units of the SVG's view box.
const SECONDS = 60;
const STEP = 10;
const GAP = 2;
const WIDTH = SECONDS * STEP;
const HEIGHT = 160;
const MIDDLE = HEIGHT / 2;
/** Between the middle line and a column, and between a column and the edge. */
const PADDING = 1;
/** So that one job is visible next to a thousand. */
const LEAST = 3;
/** The least scale: a job every few seconds must not look like heavy load. */
const LEAST_TOP = 5;
const LONGEST = MIDDLE - 2 * PADDING - LEAST;

interface Columns {
  /** Jobs per second at either edge. */
  readonly top: number;
  /** SVG paths. */
  readonly added: string;
  readonly completed: string;
  readonly failed: string;
}

/** `history` has one entry per second, oldest first; the latest is at the right edge. */
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

/** Rounds up to a round number, by at most half: the highest column fills at least two thirds of its half. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((factor) => value <= factor * power) ?? 10;
  return step * power;
}
