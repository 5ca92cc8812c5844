/** The one answer that everybody comes for: is all well? */
import type { ComponentChildren } from "preact";
import { FailedJobsLink } from "./failed_jobs_link.tsx";
import type { ManagerAddress } from "./manager_links.tsx";
import type { Link, Snapshot } from "./snapshot.ts";
import { messagesOf, verdictOf, withoutTime } from "./verdict.ts";

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
      {messages.length > 0 && (
        <ul class="health-list">
          {messages.map((message) => (
            <li key={withoutTime(message)}>{isLost ? `Last known: ${message}` : message}</li>
          ))}
        </ul>
      )}
      {isFailing && <FailedJobsLink manager={manager} stats={snapshot.stats} />}
      {children}
      <p class="visually-hidden" role="status">
        {isLost ? headline : messages.map(withoutTime).join(" ")}
      </p>
    </section>
  );
}
