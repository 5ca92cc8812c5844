import { ConsumersTable } from "../components/consumers_table.tsx";
import { count } from "../components/format.ts";
import { jobHref, type ManagerAddress } from "./manager_links.tsx";
import type { ConsumerState } from "./snapshot.ts";

export interface ConsumersProps {
  readonly consumers: readonly ConsumerState[];
  /** How old what is known of them is, in milliseconds. */
  readonly agedMs: number;
  readonly manager: ManagerAddress;
}

export function Consumers({ consumers, agedMs, manager }: ConsumersProps) {
  return (
    <section class="panel" aria-labelledby="consumers-title">
      <div class="panel-head">
        <h2 id="consumers-title">Consumers</h2>
        <p class="muted small">{summary(consumers)}</p>
      </div>
      {consumers.length > 0 && (
        <ConsumersTable
          consumers={consumers}
          agedMs={agedMs}
          hrefOf={(id) => manager === null ? null : jobHref(manager, id)}
        />
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
