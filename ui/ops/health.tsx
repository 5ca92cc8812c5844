/** The headline of the page: is all well? */
import type { ComponentChildren } from "preact";
import { listHref, type ManagerAddress } from "./manager_links.tsx";
import type { Link, Snapshot, Stats } from "./snapshot.ts";
import { messagesOf, verdictOf } from "./verdict.ts";

/** Characters that a line may not have room for. */
const LONG = 80;

export interface HealthProps {
  readonly snapshot: Snapshot;
  readonly link: Link;
  readonly manager: ManagerAddress;
  /** How fresh the answer is. */
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

/** The first on its line, and all of them when they are opened: nothing below moves when one more comes. */
function Messages({ messages, isLost }: { readonly messages: readonly string[]; readonly isLost: boolean }) {
  const [first] = messages;
  if (first === undefined) return null;
  const told = (message: string) => isLost ? `Last known: ${message}` : message;
  return (
    <>
      <ul class="health-list">
        <li key={first}>{told(first)}</li>
      </ul>
      {(messages.length > 1 || first.length > LONG) && (
        <details class="health-all">
          <summary>{messages.length > 1 ? `All ${messages.length}` : "Show all"}</summary>
          <ul class="panel">
            {messages.map((message) => <li key={message}>{told(message)}</li>)}
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

/** To those that were given up; while there are none yet, to those that are still being tried. */
function FailedJobsLink({ manager, stats }: FailedJobsLinkProps) {
  if (manager === null || stats === null) return null;
  const { UNPROCESSABLE, FAILED } = stats.counts;
  if (UNPROCESSABLE + FAILED === 0) return <a href={listHref(manager, "PROCESSING")}>See the jobs at work</a>;
  return <a href={listHref(manager, UNPROCESSABLE >= FAILED ? "UNPROCESSABLE" : "FAILED")}>See the jobs</a>;
}
