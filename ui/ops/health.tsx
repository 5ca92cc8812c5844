/** The headline of the page: whether all is well, in words and colour. */
import type { Status } from "@persistent-queue/queue";
import type { ComponentChildren } from "preact";
import { count } from "../components/format.ts";
import { listHref, type ManagerAddress } from "./manager_links.tsx";
import type { Link, Snapshot, Stats, SystemState } from "./snapshot.ts";

/** A message longer than this may not fit on its line, in a wide and in a narrow window; in characters. */
const LONG = 80;
const LONG_WHERE_NARROW = 24;

export interface HealthProps {
  readonly snapshot: Snapshot;
  readonly link: Link;
  readonly manager: ManagerAddress;
  /** How fresh the snapshot is. */
  readonly children: ComponentChildren;
}

export function Health({ snapshot, link, manager, children }: HealthProps) {
  const isLost = link === "lost";
  const messages = messagesOf(snapshot.system);
  const { mood, headline, isFailing } = verdictOf(snapshot, link);
  return (
    <section class={`health health-${mood}`} aria-labelledby="health-title">
      <h2 id="health-title">{headline}</h2>
      <Messages messages={messages} isLost={isLost} />
      {isFailing && <FailedJobsLink manager={manager} stats={snapshot.stats} />}
      {children}
      <p class="visually-hidden" role="status">
        {isLost ? headline : messages.join(" ")}
      </p>
    </section>
  );
}

/** The first message on its line, all of them when opened, so that nothing below moves when one more arrives. */
function Messages({ messages, isLost }: { readonly messages: readonly string[]; readonly isLost: boolean }) {
  const [first] = messages;
  if (first === undefined) return null;
  const shown = (message: string) => isLost ? `Last known: ${message}` : message;
  const { length } = shown(first);
  const areMore = messages.length > 1;
  return (
    <>
      <ul class="health-list">
        <li key={first}>{shown(first)}</li>
      </ul>
      {(areMore || length > LONG_WHERE_NARROW) && (
        <details class={areMore || length > LONG ? "health-all" : "health-all where-narrow"}>
          <summary>{areMore ? `All ${messages.length}` : "Show all"}</summary>
          <ul class="panel">
            {messages.map((message) => <li key={message}>{shown(message)}</li>)}
          </ul>
        </details>
      )}
    </>
  );
}

interface FailedJobsLinkProps {
  readonly manager: ManagerAddress;
  readonly stats: Stats | null;
}

const FAILED_STATUSES = ["FAILED", "UNPROCESSABLE"] as const satisfies Status[];

/** Links to the jobs that were given up, or, while there are none yet, to those still being tried. */
function FailedJobsLink({ manager, stats }: FailedJobsLinkProps) {
  if (manager === null || stats === null) return null;
  const failed = FAILED_STATUSES.filter((status) => stats.counts[status] > 0);
  if (failed.length === 0) return <a href={listHref(manager, "PROCESSING")}>See the jobs at work</a>;
  return <a href={listHref(manager, ...failed)}>See the jobs</a>;
}

interface Verdict {
  readonly mood: "good" | "worrying" | "bad" | "unknown";
  readonly headline: string;
  /** Whether it is about failing jobs. */
  readonly isFailing: boolean;
}

/** Problems of the system itself come before problems of its jobs. */
export function verdictOf({ system, stats }: Snapshot, link: Link): Verdict {
  const plain = { isFailing: false };
  if (link === "lost") return { ...plain, mood: "unknown", headline: "Unknown: the connection is lost" };
  if (system.trouble !== null) return { ...plain, mood: "bad", headline: "Not serving" };
  const warnings = messagesOf(system).length;
  if (warnings > 0) {
    return {
      ...plain,
      mood: "bad",
      headline: warnings === 1 ? "One warning" : `${count(warnings)} warnings`,
    };
  }
  const failing = failingOf(stats);
  if (failing !== null) {
    return { isFailing: true, mood: failing.most ? "bad" : "worrying", headline: sentenceOf(failing) };
  }
  const failedJobs = stats === null ? 0 : stats.counts.FAILED + stats.counts.UNPROCESSABLE;
  if (failedJobs > 0) return { isFailing: true, mood: "worrying", headline: failedSentence(failedJobs) };
  const consumers = system.consumers.length;
  const who = `${count(consumers)} ${consumers === 1 ? "consumer" : "consumers"}`;
  const where = system.hosts.length <= 1 ? "" : ` on ${count(system.hosts.length)} hosts`;
  const areRunning = consumers === 1 ? "is running" : "are running";
  return { ...plain, mood: "good", headline: `All is well: ${who}${where} ${areRunning}` };
}

function messagesOf({ trouble, warnings }: SystemState): string[] {
  return [...new Set([...(trouble === null ? [] : [trouble]), ...warnings])];
}

/** Failed jobs stay until a person decides. */
function failedSentence(jobs: number): string {
  return jobs === 1
    ? "1 job has failed: resubmit it, or cancel it to dismiss it"
    : `${count(jobs)} jobs have failed: resubmit them, or cancel them to dismiss them`;
}

function sentenceOf({ failed, perSecond, most }: Failing): string {
  const who = most ? "Most attempts fail" : "Many attempts fail";
  const howMany = perSecond >= 2
    ? `${count(Math.round(perSecond))} failed a second`
    : `${count(failed)} failed in the last minute`;
  return `${who} at the moment: ${howMany}`;
}

/** So many failures that "all is well" would be misleading, although the system itself is sound. */
interface Failing {
  /** Failed attempts in the last minute. */
  readonly failed: number;
  /** Failed attempts per second, at the moment. */
  readonly perSecond: number;
  /** Whether more than half of the attempts failed. */
  readonly most: boolean;
}

/** Fewer failures in a minute are ignored. */
const NOTEWORTHY = 10;
const NOTEWORTHY_SHARE = 1 / 3;

/** Null: failures are within the expected range, or have stopped. */
function failingOf(stats: Stats | null): Failing | null {
  if (stats === null || stats.rates.failed === 0) return null;
  const failed = stats.history.reduce((sum, rates) => sum + rates.failed, 0);
  const ended = stats.history.reduce((sum, rates) => sum + rates.failed + rates.completed, 0);
  if (failed < NOTEWORTHY || failed / ended <= NOTEWORTHY_SHARE) return null;
  return { failed, perSecond: stats.rates.failed, most: failed / ended > 1 / 2 };
}
