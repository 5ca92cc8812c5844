/** The consumers: which are working, on what, for how long, and which are silent. The same on both pages. */
import type { ComponentChildren } from "preact";
import type { WireConsumer, WireHost } from "../api/hosts.ts";
import { age, count, duration } from "./format.ts";
import { JobId } from "./job_label.tsx";

export interface ConsumersTableProps {
  readonly consumers: readonly WireConsumer[];
  /** Their hosts. If there are several, each has a heading. */
  readonly hosts: readonly WireHost[];
  /** The name of the host that the page comes from. */
  readonly thisHost: string | null;
  /** The age of this information, in milliseconds. */
  readonly agedMs: number;
  /** Milliseconds since 1970, by the server's clock. */
  readonly now: number;
  /** The address of a job's page; null if none is known. */
  readonly hrefOf: (jobId: string) => string | null;
  /** The buttons for a consumer, if any. */
  readonly actionsOf?: (consumer: WireConsumer) => ComponentChildren;
}

const COLUMNS = ["Slot", "Consumer", "State", "Job", "For", "Heartbeat", "Attempts", "Failed", "Restarts"];
const NUMBERS: readonly string[] = ["For", "Heartbeat", "Attempts", "Failed", "Restarts"];

export function ConsumersTable({ hosts, thisHost, now, ...table }: ConsumersTableProps) {
  const { consumers, actionsOf } = table;
  const areSeveral = hosts.length > 1;
  return (
    <table class="cards consumers" role="table">
      <caption class="visually-hidden">Consumers by {areSeveral ? "host and slot" : "slot"}</caption>
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
          {actionsOf !== undefined && (
            <th role="columnheader" scope="col" class="cell-actions">
              <span class="visually-hidden">Actions</span>
            </th>
          )}
        </tr>
      </thead>
      {!areSeveral ? <Rows {...table} /> : hosts.map((host) => {
        const own = consumers.filter((one) => one.host === host.name);
        return (
          <Rows key={host.name} {...table} consumers={own}>
            <HostRow
              host={host}
              consumers={own}
              now={now}
              isThis={host.name === thisHost}
              columns={COLUMNS.length + (actionsOf === undefined ? 0 : 1)}
            />
          </Rows>
        );
      })}
    </table>
  );
}

interface RowsProps extends Omit<ConsumersTableProps, "hosts" | "thisHost" | "now"> {
  /** The heading of the rows. */
  readonly children?: ComponentChildren;
}

function Rows({ consumers, agedMs, hrefOf, actionsOf, children }: RowsProps) {
  return (
    <tbody role="rowgroup">
      {children}
      {consumers.map((consumer) => (
        <ConsumerRow key={consumer.slot} {...{ consumer, agedMs, hrefOf }}>
          {actionsOf?.(consumer)}
        </ConsumerRow>
      ))}
    </tbody>
  );
}

interface HostRowProps extends Pick<ConsumersTableProps, "consumers" | "now"> {
  readonly host: WireHost;
  /** Whether the page comes from it. */
  readonly isThis: boolean;
  readonly columns: number;
}

function HostRow({ host, consumers, now, isThis, columns }: HostRowProps) {
  const { name, quiet_ms } = host;
  return (
    <tr role="row" class="host" data-host={name}>
      <th role="rowheader" scope="rowgroup" colSpan={columns}>
        <span class="host-name">{name}</span>
        {isThis && <span class="host-this">this host</span>}
        {quiet_ms !== null
          ? <span class="host-quiet">not heard of for {duration(quiet_ms)}</span>
          : <span class="host-facts dotted">{factsOf(host, { consumers, now })}</span>}
      </th>
    </tr>
  );
}

const MEGABYTE = 1024 * 1024;

/** What tells one host from another at a glance; a host of another release may not show all of it. */
function factsOf(
  { version, started_at, memory_bytes }: WireHost,
  { consumers, now }: Pick<HostRowProps, "consumers" | "now">,
) {
  const working = consumers.filter(({ state }) => state === "working").length;
  return [
    ...(consumers.length === 0 ? [] : [`${count(working)} of ${count(consumers.length)} working`]),
    ...(memory_bytes === null ? [] : [`${count(Math.round(memory_bytes / MEGABYTE))} MB`]),
    `up ${duration(Math.max(0, now - started_at))}`,
    ...(version === "" ? [] : [`version ${version}`]),
  ].map((fact, i) => <span key={i}>{fact}</span>);
}

/** The id of the consumer's cell, which its buttons refer to. */
export function cellIdOf({ slot, host }: WireConsumer): string {
  return host === undefined ? `consumer-${slot}` : `consumer-${slot}-${host.replaceAll(/[^\w.-]+/g, "-")}`;
}

interface ConsumerRowProps extends Pick<ConsumersTableProps, "agedMs" | "hrefOf"> {
  readonly consumer: WireConsumer;
  /** Its buttons. */
  readonly children: ComponentChildren;
}

function ConsumerRow({ consumer, agedMs, hrefOf, children }: ConsumerRowProps) {
  const { id, slot, state, job_id, job_ms, waiting, heartbeat_age_ms, done, failed, restarts } = consumer;
  const heardMs = heartbeat_age_ms === null ? null : heartbeat_age_ms + agedMs;
  return (
    <tr role="row" class={state === "silent" ? "silent" : undefined} data-slot={slot} data-consumer={id}>
      <th role="rowheader" scope="row" class="cell-slot">{slot}</th>
      <td role="cell" data-label="Consumer" class="cell-consumer" id={cellIdOf(consumer)}>
        {id === "" ? <span class="muted">–</span> : <code title={id}>{id.slice(0, 8)}</code>}
      </td>
      <td role="cell" data-label="State" class="cell-state">
        <span class={`state state-${state}`}>{state}</span>
      </td>
      <td
        role="cell"
        data-label="Job"
        class={job_id === null && waiting === 0 ? "cell-job none" : "cell-job"}
      >
        {job_id === null
          ? waiting === 0 && <span class="muted">–</span>
          : <JobLink id={job_id} href={hrefOf(job_id)} />}
        {waiting > 0 && <span class="muted small">{count(waiting)} waiting for the next attempt</span>}
      </td>
      <td role="cell" data-label="For" class={job_id === null ? "number none" : "number"}>
        {job_id === null ? "–" : duration(steady(job_ms + agedMs))}
      </td>
      <td
        role="cell"
        data-label="Heartbeat"
        class={`number heartbeat${heardMs === null ? " none" : ""}`}
      >
        {heardMs === null ? "–" : age(steady(heardMs))}
      </td>
      <td role="cell" data-label="Attempts" class="number">{count(done)}</td>
      <td role="cell" data-label="Failed" class={failed === 0 ? "number zero" : "number"}>{count(failed)}</td>
      <td role="cell" data-label="Restarts" class={restarts === 0 ? "number zero" : "number"}>
        {count(restarts)}
      </td>
      {children !== undefined && <td role="cell" class="cell-actions">{children}</td>}
    </tr>
  );
}

function JobLink({ id, href }: { readonly id: string; readonly href: string | null }) {
  if (href === null) return <JobId id={id} />;
  return (
    <a class="job-link" href={href} title={id}>
      <JobId id={id} />
    </a>
  );
}

/** Never below a tenth of a second, so that the display does not keep switching units. */
function steady(ms: number): number {
  return Math.max(100, ms);
}
