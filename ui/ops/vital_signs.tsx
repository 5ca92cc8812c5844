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
        <Sign name="Longest wait" why="For how long the job at the head of the line has been due." main>
          {stats === null ? "–" : queueAge(stats.age_ms, agedMs)}
        </Sign>
        <Sign name="Last check for stalled jobs" why="Jobs whose consumer has fallen silent go back in line.">
          {sweep.last_at === null ? "not yet" : age(now - sweep.last_at)}
        </Sign>
        <Sign name="Jobs it put back" why="Jobs that the last check gave to other consumers.">
          {count(sweep.last_requeued)}
        </Sign>
        <Sign name="Results that came too late" why={TOO_LATE}>
          {stats === null ? "–" : count(stats.fenced)}
        </Sign>
        <Sign name="Threads stuck for good" why={STUCK} bad={wedged > 0}>{count(wedged)}</Sign>
        <Sign name="Producer">{producing ? "adding jobs" : "off"}</Sign>
        <Sign name="Running for">{duration(Math.max(0, now - started_at))}</Sign>
        <Sign name="Memory">{count(Math.round(memory_bytes / MEGABYTE))} MB</Sign>
        <Sign name="Version">{version}</Sign>
      </dl>
    </section>
  );
}

const TOO_LATE = "Their jobs had gone to other consumers meanwhile, so these results were dropped.";
const STUCK = "They hang and cannot be ended: at the second one the system restarts itself.";

interface SignProps {
  readonly name: string;
  /** What the name means, for those who ask. */
  readonly why?: string;
  readonly main?: boolean;
  readonly bad?: boolean;
  readonly children: ComponentChildren;
}

function Sign({ name, why, main = false, bad = false, children }: SignProps) {
  return (
    <div class={`sign${main ? " sign-main" : ""}${bad ? " sign-bad" : ""}`}>
      <dt>{why === undefined ? name : <abbr title={why}>{name}</abbr>}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function queueAge(ageMs: number, agedMs: number): string {
  return ageMs === 0 ? "nothing waits" : duration(ageMs + agedMs);
}
