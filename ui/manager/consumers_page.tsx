import { age, count, duration } from "../components/format.ts";
import { isSilent } from "../components/is_silent.ts";
import { Dock } from "./dock.tsx";
import { jobPath } from "./job_path.ts";
import { ConsumerName } from "./job_row.tsx";
import { PageHead } from "./page_head.tsx";
import type { ConsumersView, Liveness, WireConsumer } from "./views.ts";

export interface ConsumersPageProps {
  readonly view: ConsumersView;
  readonly live: Liveness;
}

const COLUMNS = ["Place", "Consumer", "State", "Job", "Heartbeat", "Done", "Failed", "Restarts", "Actions"];
const NUMBERS = ["Heartbeat", "Done", "Failed", "Restarts"];

export function ConsumersPage({ view, live }: ConsumersPageProps) {
  const passedMs = Math.max(0, live.now - view.now);
  return (
    <div class="stack">
      <PageHead view={view} live={live}>
        <h1>Consumers</h1>
      </PageHead>
      <p class="muted">
        Crash or hang one to see what the system does: another takes its place, and its job is not lost.
        {view.wedged > 0 && ` Threads that could not be ended: ${view.wedged}.`}
      </p>
      <div class="panel">
        {view.consumers.length === 0
          ? <p class="empty">No consumer lives at the moment.</p>
          : (
            <table class="cards lives" role="table">
              <caption class="visually-hidden">Consumers by place</caption>
              <thead role="rowgroup">
                <tr role="row">
                  {COLUMNS.map((name) => (
                    <th
                      key={name}
                      role="columnheader"
                      scope="col"
                      class={NUMBERS.includes(name) ? "number" : undefined}
                    >
                      {name}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody role="rowgroup">
                {view.consumers.map((one) => <Consumer key={one.slot} consumer={one} passedMs={passedMs} />)}
              </tbody>
            </table>
          )}
      </div>
      <form id="consumer" method="post"></form>
      <Dock view={view} live={live} back="/consumers" />
    </div>
  );
}

interface ConsumerProps {
  readonly consumer: WireConsumer;
  /** Since the server told of it. */
  readonly passedMs: number;
}

function Consumer({ consumer, passedMs }: ConsumerProps) {
  const { id, slot, job_id, job_ms, heartbeat_age_ms, done, failed, restarts } = consumer;
  const name = `consumer-${slot}`;
  return (
    <tr role="row" data-consumer={id}>
      <td role="cell" data-label="Place">{slot}</td>
      <th role="rowheader" scope="row" id={name} data-label="Consumer">
        <ConsumerName id={id} />
      </th>
      <td role="cell" data-label="State" class="cell-state">
        <State consumer={consumer} passedMs={passedMs} />
      </td>
      <td role="cell" data-label="Job" class="cell-job">
        {job_id === null ? <span class="muted">–</span> : (
          <>
            <a class="job-link" href={jobPath(job_id)} title={job_id}>{job_id}</a>
            <span class="muted nowrap">for {duration(job_ms + passedMs)}</span>
          </>
        )}
      </td>
      <td role="cell" data-label="Heartbeat" class="number">
        {heartbeat_age_ms === null ? <span class="muted">–</span> : age(heartbeat_age_ms + passedMs)}
      </td>
      <td role="cell" data-label="Done" class="number">{count(done)}</td>
      <td role="cell" data-label="Failed" class="number">{count(failed)}</td>
      <td role="cell" data-label="Restarts" class="number">{count(restarts)}</td>
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

function State({ consumer: { state, heartbeat_age_ms }, passedMs }: ConsumerProps) {
  if (heartbeat_age_ms === null || !isSilent(heartbeat_age_ms)) {
    return <span class={`state state-${state}`}>{state}</span>;
  }
  return (
    <>
      <span class="state state-silent">silent</span>
      <span class="state-more">quiet for {duration(heartbeat_age_ms + passedMs)}</span>
    </>
  );
}
