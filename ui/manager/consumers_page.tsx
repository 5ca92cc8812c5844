/** The page of the consumers, on all hosts. */
import { cellIdOf, ConsumersTable } from "../components/consumers_table.tsx";
import type { WireConsumer } from "../api/hosts.ts";
import { Dock, PageHead } from "./page_frame.tsx";
import type { ConsumersView, Liveness } from "./views.ts";
import { jobPath } from "./list_query.ts";

export interface ConsumersPageProps {
  readonly view: ConsumersView;
  readonly live: Liveness;
}

export function ConsumersPage({ view, live }: ConsumersPageProps) {
  const { consumers, hosts, thisHost, wedged, canInject } = view;
  return (
    <div class="stack">
      <PageHead view={view} live={live}>
        <h1>Consumers</h1>
      </PageHead>
      {canInject && (
        <p class="muted">
          Crash or hang one to see what the system does: another takes its place, and its job is not lost.
        </p>
      )}
      {wedged > 0 && (
        <p class="message message-warning">
          {wedged === 1
            ? "1 thread is stuck and cannot be stopped."
            : `${wedged} threads are stuck and cannot be stopped.`}
        </p>
      )}
      <div class="panel">
        {consumers.length === 0 && hosts.length <= 1
          ? <p class="empty">No consumer is running at the moment.</p>
          : (
            <ConsumersTable
              consumers={consumers}
              hosts={hosts}
              thisHost={thisHost}
              agedMs={Math.max(0, live.now - view.now)}
              now={live.now}
              hrefOf={jobPath}
              {...(canInject ? { actionsOf: faultButtons } : {})}
            />
          )}
      </div>
      {/* By GET: leads to a confirmation page. */}
      <form id="fault" method="get"></form>
      <Dock view={view} live={live} back="/consumers" />
    </div>
  );
}

const FAULTS = [["crash", "Crash"], ["hang", "Hang"]] as const;

function faultButtons(consumer: WireConsumer) {
  const { id } = consumer;
  // The host of the consumer would refuse.
  if (consumer.takes_faults === false) return null;
  return (
    <span class="actions">
      {FAULTS.map(([fault, name]) => (
        <button
          key={fault}
          type="submit"
          form="fault"
          formAction={`/consumers/${fault}`}
          name="id"
          value={id}
          class="small-button"
          disabled={id === ""}
          aria-describedby={cellIdOf(consumer)}
        >
          {name}
        </button>
      ))}
    </span>
  );
}
