/** Many runs, one after the other: `deno run -A tests/faults/simulation/run_seeds.ts [first seed] [runs] [operations]`. */
import { type Run, simulate } from "./simulate.ts";

export interface Told {
  readonly runs: Run[];
  /** In the order of their seeds: what went wrong, with the last events. */
  readonly failures: string[];
}

export interface Asked {
  readonly first: number;
  readonly count: number;
  readonly operations: number;
  /** No new run begins after so many milliseconds of real time. */
  readonly withinMs?: number;
  readonly onFailure?: (failure: string) => void;
  /** Enough is enough; 5 unless given. */
  readonly mostFailures?: number;
}

export async function runSeeds(
  { first, count, operations, withinMs = Infinity, mostFailures = 5, onFailure }: Asked,
) {
  const told: Told = { runs: [], failures: [] };
  const end = performance.now() + withinMs;
  for (let i = 0; i < count && performance.now() < end && told.failures.length < mostFailures; i++) {
    try {
      told.runs.push(await simulate(first + i, operations));
    } catch (error) {
      const failure = error instanceof Error ? error.message : String(error);
      told.failures.push(failure);
      onFailure?.(failure);
    }
  }
  return told;
}

export function sumUp({ runs, failures }: Told): string {
  const sum = (name: "events" | "begins" | "deaths" | "fenced" | "simulatedMs") =>
    runs.reduce((total, run) => total + run[name], 0);
  return `${runs.length + failures.length} runs, ${failures.length} violations: ${sum("events")} events, ` +
    `${sum("begins")} attempts, ${sum("deaths")} kills, ${sum("fenced")} late writes fenced, ` +
    `${Math.round(sum("simulatedMs") / 3_600_000)} simulated hours`;
}

if (import.meta.main) {
  const [first = 1, count = 1_000, operations = 100, mostFailures = 5] = Deno.args.map(Number);
  const told = await runSeeds({ first, count, operations, mostFailures, onFailure: console.log });
  console.log(sumUp(told));
  if (told.failures.length > 0) Deno.exit(1);
}
