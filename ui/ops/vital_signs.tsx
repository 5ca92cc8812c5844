/** Vital signs: how long jobs wait, when the last sweep was, how much memory is used. */
import type { ComponentChildren } from "preact";
import { age, count, duration } from "../components/format.ts";
import { Term } from "../components/term.tsx";
import type { Snapshot, Stats, SystemState } from "./snapshot.ts";

export interface VitalSignsProps {
  readonly snapshot: Snapshot;
  readonly version: string;
  readonly now: number;
  readonly agedMs: number;
}

const MEGABYTE = 1024 * 1024;

/** What each name means, shown when it is opened. */
const WHY = {
  wait: "How long the next job to run has been due. Jobs that no handler can run are not counted.",
  parked: "Jobs that no handler can run: theirs is missing, or cannot be loaded. The warnings name them.",
  stalled: "Jobs at work whose last heartbeat is older than STALL_MS.",
  sweep: "Jobs whose consumer sends no heartbeats any more are returned to the queue.",
  requeued: "Jobs that the last check returned to the queue, because their consumers were lost.",
  late: "Their jobs had been given to other consumers meanwhile.",
  survive: "What an acknowledged job survives, given how the storage is set up.",
  stuck: "They hang and cannot be stopped. At 2, the process restarts.",
} as const;

export function VitalSigns({ snapshot: { stats, system }, version, now, agedMs }: VitalSignsProps) {
  const { sweep, wedged, producing, memory_bytes, started_at, durability } = system;
  const areSeveral = system.hosts.length > 1;
  return (
    <section class="panel vitals" aria-labelledby="vitals-title">
      <div class="panel-head">
        <h2 id="vitals-title">Vital signs</h2>
      </div>
      <dl>
        <Sign name="Longest wait" why={WHY.wait} main>
          {stats === null ? "–" : queueAge(stats, agedMs)}
        </Sign>
        {parkedOf(stats) > 0 && (
          <Sign name="Without a working handler" why={WHY.parked} bad>{count(parkedOf(stats))}</Sign>
        )}
        <Sign name="Stalled jobs" why={WHY.stalled} bad={(stats?.stalled ?? 0) > 0}>
          {stats === null ? "–" : count(stats.stalled)}
        </Sign>
        <Sign name="Stuck threads" why={WHY.stuck} bad={wedged > 0}>{count(wedged)}</Sign>
        <Sign name="Stored jobs survive" why={WHY.survive} bad={isWeak(durability)}>
          {SURVIVED[durability]}
        </Sign>
      </dl>
      {areSeveral && (
        <h3 id="own-vitals-title" class="vitals-title">
          This host: <span class="host-name">{system.this_host}</span>
        </h3>
      )}
      {/* The signs above cover the whole queue. */}
      <dl aria-labelledby={areSeveral ? "own-vitals-title" : undefined}>
        <Sign name="Last check for stalled jobs" why={WHY.sweep}>
          {sweep.last_at === null ? "not yet" : age(now - sweep.last_at)}
        </Sign>
        <Sign name="Returned to the queue" why={WHY.requeued}>{count(sweep.last_requeued)}</Sign>
        <Sign name="Late results dropped" why={WHY.late}>{stats === null ? "–" : count(stats.fenced)}</Sign>
        <Sign name="Producer">{producing ? "adding jobs" : "off"}</Sign>
        <Sign name="Running for">{duration(Math.max(0, now - started_at))}</Sign>
        <Sign name="Memory">{count(Math.round(memory_bytes / MEGABYTE))} MB</Sign>
        <Sign name="Version">{version}</Sign>
      </dl>
    </section>
  );
}

const SURVIVED = {
  power_loss: "a power cut",
  crash: "a crash only",
  snapshot: "no crash",
  none: "no restart",
  unknown: "not known",
} as const satisfies Record<SystemState["durability"], string>;

function isWeak(durability: SystemState["durability"]): boolean {
  return durability !== "power_loss" && durability !== "unknown";
}

interface SignProps {
  readonly name: string;
  /** What the name means: opened by a click, a tap or the keyboard. */
  readonly why?: string;
  readonly main?: boolean;
  readonly bad?: boolean;
  readonly children: ComponentChildren;
}

function Sign({ name, why, main = false, bad = false, children }: SignProps) {
  return (
    <div class={`sign${main ? " sign-main" : ""}${bad ? " sign-bad" : ""}`}>
      <Term name={name} why={why} />
      <dd>{children}</dd>
    </div>
  );
}

function parkedOf(stats: Stats | null): number {
  return stats === null ? 0 : stats.parked.reduce((sum, { count }) => sum + count, 0);
}

/** Scheduled jobs do not count as waiting. */
function queueAge({ age_ms }: Stats, agedMs: number): string {
  return age_ms > 0 ? duration(age_ms + agedMs) : "0 s";
}
