/** The one answer that everybody comes for: is all well? */
import type { ComponentChildren } from "preact";
import { count } from "../components/format.ts";
import type { Link, SystemState } from "./snapshot.ts";

export interface HealthProps {
  readonly system: SystemState;
  readonly link: Link;
  /** How fresh the answer is. */
  readonly children: ComponentChildren;
}

export function Health({ system, link, children }: HealthProps) {
  const messages = messagesOf(system);
  const headline = headlineOf(system, messages, link);
  return (
    <section class={`health health-${moodOf(messages, link)}`} aria-labelledby="health-title">
      <h2 id="health-title">{headline}</h2>
      {messages.length > 0 && (
        <ul class="health-list">
          {messages.map((message) => <li key={withoutTime(message)}>{message}</li>)}
        </ul>
      )}
      {children}
      <p class="visually-hidden" role="status">{messages.map(withoutTime).join(" ")}</p>
    </section>
  );
}

function messagesOf({ trouble, warnings }: SystemState): string[] {
  return [...new Set([...(trouble === null ? [] : [trouble]), ...warnings])];
}

function moodOf(messages: readonly string[], link: Link): "bad" | "unknown" | "good" {
  if (messages.length > 0) return "bad";
  return link === "lost" ? "unknown" : "good";
}

function headlineOf({ trouble, consumers }: SystemState, messages: readonly string[], link: Link): string {
  if (link === "lost") return "Unknown: the connection is lost";
  if (trouble !== null) return "Not serving";
  if (messages.length > 0) {
    return messages.length === 1 ? "One warning" : `${count(messages.length)} warnings`;
  }
  return `All is well: ${count(consumers.length)} ${
    consumers.length === 1 ? "consumer" : "consumers"
  } at your service`;
}

/** A number that grows every second is not to be read aloud every second. */
function withoutTime(message: string): string {
  return message.replace(/ for \d+ s\b/, "");
}
