/** One place, and who fills it at the moment. */
import { age, count, duration } from "../components/format.ts";
import type { ConsumerState } from "./snapshot.ts";

/** Heartbeats come every second: three missed ones are worth a mark. */
const SILENT_MS = 3000;

export interface ConsumerRowProps {
  readonly consumer: ConsumerState;
  /** How old what is known of it is, in milliseconds. */
  readonly agedMs: number;
}

export function ConsumerRow({ consumer, agedMs }: ConsumerRowProps) {
  const { id, slot, state, job_id, job_ms, waiting, heartbeat_age_ms, done, failed, restarts } = consumer;
  const heardMs = heartbeat_age_ms === null ? null : heartbeat_age_ms + agedMs;
  const isSilent = heardMs !== null && heardMs > SILENT_MS;
  return (
    <tr class={isSilent ? "silent" : ""} data-slot={slot}>
      <th scope="row" data-label="Place">{slot}</th>
      <td data-label="Consumer">
        {id === "" ? <span class="muted">–</span> : <code title={id}>{id.slice(0, 8)}</code>}
      </td>
      <td data-label="State">
        <span class={`state state-${state}`}>{state}</span>
        {isSilent && <span class="state state-silent">silent</span>}
      </td>
      <td data-label="Job" class="job">
        {job_id === null ? <span class="muted">–</span> : <code title={job_id}>{job_id}</code>}
        {waiting > 0 && <span class="muted small">{count(waiting)} waiting for a retry</span>}
      </td>
      <td data-label="For" class="number">{job_id === null ? "–" : duration(job_ms + agedMs)}</td>
      <td data-label="Heartbeat" class="number heartbeat">{heardMs === null ? "–" : age(heardMs)}</td>
      <td data-label="Done" class="number">{count(done)}</td>
      <td data-label="Failed" class="number">{count(failed)}</td>
      <td data-label="Restarts" class="number">{count(restarts)}</td>
    </tr>
  );
}
