/** What comes in and what goes out: the rates, and the last minute as a chart. */
import type { Rates, Stats } from "./snapshot.ts";
import { RateChart } from "./rate_chart.tsx";
import { perSecond } from "../components/format.ts";

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
