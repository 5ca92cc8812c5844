/** The system's pulse: how old the line is, when it was last swept, what it costs. */
import type { ComponentChildren } from "preact";
import { age, count, duration } from "../components/format.ts";
import type { Snapshot } from "./snapshot.ts";

export interface VitalSignsProps {
  readonly snapshot: Snapshot;
  readonly version: string;
  readonly now: number;
  readonly agedMs: number;
}

const MEGABYTE = 1024 * 1024;

export function VitalSigns({ snapshot: { stats, system }, version, now, agedMs }: VitalSignsProps) {
  const { sweep, wedged, producing, memory_bytes, started_at } = system;
  return (
    <section class="panel vitals" aria-labelledby="vitals-title">
      <div class="panel-head">
        <h2 id="vitals-title">Vital signs</h2>
      </div>
      <dl>
        <Sign name="Queue age" main>{stats === null ? "–" : queueAge(stats.age_ms, agedMs)}</Sign>
        <Sign name="Last sweep">{sweep.last_at === null ? "not yet" : age(now - sweep.last_at)}</Sign>
        <Sign name="Returned by it">{count(sweep.last_requeued)}</Sign>
        <Sign name="Late results dropped">{stats === null ? "–" : count(stats.fenced)}</Sign>
        <Sign name="Wedged threads" bad={wedged > 0}>{count(wedged)}</Sign>
        <Sign name="Producer">{producing ? "adding jobs" : "off"}</Sign>
        <Sign name="Uptime">{duration(Math.max(0, now - started_at))}</Sign>
        <Sign name="Memory">{count(Math.round(memory_bytes / MEGABYTE))} MB</Sign>
        <Sign name="Version">{version}</Sign>
      </dl>
    </section>
  );
}

interface SignProps {
  readonly name: string;
  readonly main?: boolean;
  readonly bad?: boolean;
  readonly children: ComponentChildren;
}

function Sign({ name, main = false, bad = false, children }: SignProps) {
  return (
    <div class={`sign${main ? " sign-main" : ""}${bad ? " sign-bad" : ""}`}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function queueAge(ageMs: number, agedMs: number): string {
  return ageMs === 0 ? "nothing waits" : duration(ageMs + agedMs);
}
