/** The last minute, a column a second: what came in stands above the line, what went out hangs below it. */
import { count, perSecond } from "../components/format.ts";
import { columnsOf, HEIGHT, MIDDLE, SECONDS, WIDTH } from "./rate_columns.ts";
import type { Rates } from "./snapshot.ts";

export function RateChart({ history }: { readonly history: readonly Rates[] }) {
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

/** The chart for those who do not see it. */
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
