/** Who works, on what, for how long, and who has fallen silent. */
import { count } from "../components/format.ts";
import { ConsumerRow } from "./consumer_row.tsx";
import type { ManagerAddress } from "./manager_links.tsx";
import type { ConsumerState } from "./snapshot.ts";

export interface ConsumersProps {
  readonly consumers: readonly ConsumerState[];
  readonly agedMs: number;
  readonly manager: ManagerAddress;
}

export function Consumers({ consumers, agedMs, manager }: ConsumersProps) {
  return (
    <section class="panel consumers" aria-labelledby="consumers-title">
      <div class="panel-head">
        <h2 id="consumers-title">Consumers</h2>
        <p class="muted small">{summary(consumers)}</p>
      </div>
      {consumers.length > 0 && (
        <table class="cards">
          <thead>
            <tr>
              <th scope="col">Place</th>
              <th scope="col">Consumer</th>
              <th scope="col">State</th>
              <th scope="col">Job</th>
              <th scope="col" class="number">For</th>
              <th scope="col" class="number">Heartbeat</th>
              <th scope="col" class="number">Attempts</th>
              <th scope="col" class="number">Failed</th>
              <th scope="col" class="number">Restarts</th>
            </tr>
          </thead>
          <tbody>
            {consumers.map((consumer) => (
              <ConsumerRow key={consumer.slot} consumer={consumer} agedMs={agedMs} manager={manager} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

/** `7 working, 3 idle`. */
function summary(consumers: readonly ConsumerState[]): string {
  const states = Object.entries(Object.groupBy(consumers, ({ state }) => state));
  return states.map(([state, those]) => `${count(those?.length ?? 0)} ${state}`).join(", ") ||
    "There are none.";
}
