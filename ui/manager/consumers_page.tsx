import { age, count, duration } from "../components/format.ts";
import { ConsumerName, jobPath } from "./job_row.tsx";
import { Notices } from "./notices.tsx";
import type { ConsumersView, Liveness, WireConsumer } from "./views.ts";

export interface ConsumersPageProps {
  readonly view: ConsumersView;
  readonly live: Liveness;
}

const COLUMNS = ["Place", "Consumer", "State", "Job", "Heartbeat", "Done", "Failed", "Restarts", "Actions"];

export function ConsumersPage({ view, live }: ConsumersPageProps) {
  const passedMs = Math.max(0, live.now - view.now);
  return (
    <div class="stack">
      <h1>Consumers</h1>
      <Notices view={view} live={live} />
      <p class="muted">
        Crash or hang one to see what the system does: another takes its place, and its job is not lost.
        {view.wedged > 0 && ` Threads that could not be ended: ${view.wedged}.`}
      </p>
      <div class="panel">
        {view.consumers.length === 0
          ? <p class="empty">No consumer lives at the moment.</p>
          : (
            <table class="cards wide lives" role="table">
              <caption class="visually-hidden">Consumers by place</caption>
              <thead role="rowgroup">
                <tr role="row">
                  {COLUMNS.map((name) => <th key={name} role="columnheader" scope="col">{name}</th>)}
                </tr>
              </thead>
              <tbody role="rowgroup">
                {view.consumers.map((one) => <Consumer key={one.slot} consumer={one} passedMs={passedMs} />)}
              </tbody>
            </table>
          )}
      </div>
      <form id="consumer" method="post"></form>
    </div>
  );
}

function Consumer({ consumer, passedMs }: { readonly consumer: WireConsumer; readonly passedMs: number }) {
  const { id, slot, state, job_id, job_ms, heartbeat_age_ms, done, failed, restarts } = consumer;
  const name = `consumer-${slot}`;
  return (
    <tr role="row" data-consumer={id}>
      <td role="cell" data-label="Place">{slot}</td>
      <th role="rowheader" scope="row" id={name} data-label="Consumer">
        <ConsumerName id={id} />
      </th>
      <td role="cell" data-label="State">
        <span class={`state state-${state}`}>{state}</span>
      </td>
      <td role="cell" data-label="Job" class="cell-id">
        {job_id === null ? <span class="muted">–</span> : (
          <>
            <a href={jobPath(job_id)}>{job_id}</a>{" "}
            <span class="muted nowrap">for {duration(job_ms + passedMs)}</span>
          </>
        )}
      </td>
      <td role="cell" data-label="Heartbeat" class="nowrap">
        {heartbeat_age_ms === null ? <span class="muted">–</span> : age(heartbeat_age_ms + passedMs)}
      </td>
      <td role="cell" data-label="Done">{count(done)}</td>
      <td role="cell" data-label="Failed">{count(failed)}</td>
      <td role="cell" data-label="Restarts">{count(restarts)}</td>
      <td role="cell" class="cell-actions">
        <span class="actions">
          {(["Crash", "Hang"] as const).map((how) => (
            <button
              key={how}
              type="submit"
              form="consumer"
              formAction={`/consumers/${how.toLowerCase()}`}
              name="id"
              value={id}
              class="small-button"
              aria-describedby={name}
            >
              {how}
            </button>
          ))}
        </span>
      </td>
    </tr>
  );
}
