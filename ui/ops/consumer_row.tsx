/** One place, and who fills it at the moment. */
import { age, count, duration } from "../components/format.ts";
import { isSilent } from "../components/is_silent.ts";
import { JobLink, type ManagerAddress } from "./manager_links.tsx";
import type { ConsumerState } from "./snapshot.ts";

export interface ConsumerRowProps {
  readonly consumer: ConsumerState;
  /** How old what is known of it is, in milliseconds. */
  readonly agedMs: number;
  readonly manager: ManagerAddress;
}

export function ConsumerRow({ consumer, agedMs, manager }: ConsumerRowProps) {
  const { id, slot, state, job_id, job_ms, waiting, heartbeat_age_ms, done, failed, restarts } = consumer;
  const heardMs = heartbeat_age_ms === null ? null : heartbeat_age_ms + agedMs;
  const silent = heartbeat_age_ms !== null && isSilent(heartbeat_age_ms);
  return (
    <tr class={silent ? "silent" : ""} data-slot={slot}>
      <th scope="row">{slot}</th>
      <td data-label="Consumer">
        {id === "" ? <span class="muted">–</span> : <code title={id}>{id.slice(0, 8)}</code>}
      </td>
      <td data-label="State">
        <span class={`state state-${silent ? "silent" : state}`}>{silent ? "silent" : state}</span>
      </td>
      <td data-label="Job" class={job_id === null && waiting === 0 ? "job none" : "job"}>
        {job_id === null
          ? waiting === 0 && <span class="muted">–</span>
          : (
            <JobLink manager={manager} id={job_id}>
              <code title={job_id}>{job_id}</code>
            </JobLink>
          )}
        {waiting > 0 && <span class="muted small">{count(waiting)} waiting for a retry</span>}
      </td>
      <td data-label="For" class={job_id === null ? "number none" : "number"}>
        {job_id === null ? "–" : duration(calm(job_ms + agedMs))}
      </td>
      <td data-label="Heartbeat" class="number heartbeat">{heardMs === null ? "–" : age(calm(heardMs))}</td>
      <td data-label="Attempts" class="number">{count(done)}</td>
      <td data-label="Failed" class="number">{count(failed)}</td>
      <td data-label="Restarts" class={restarts === 0 ? "number none" : "number"}>{count(restarts)}</td>
    </tr>
  );
}

/** Not finer than a tenth of a second: numbers that change their unit all the time are unrest. */
function calm(ms: number): number {
  return Math.max(100, ms);
}
