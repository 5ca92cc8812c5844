/** What happened, in words: without the id of the job it happened to, which stands before them. */
import { count, duration } from "../components/format.ts";
import type { LatestEvent, WireHappening } from "./latest_events.ts";

export function eventText({ what, consumer_id = "" }: Pick<LatestEvent, "what" | "consumer_id">): string {
  switch (what.type) {
    case "retrying":
    case "exhausted":
    case "failed":
      return failureText(what);
    case "released":
      return `requeued: ${what.detail}`;
    case "reaped":
      return `taken from its consumer, now ${what.status}`;
    case "reaped-many":
      return `${count(what.count)} jobs were taken from their consumers`;
    case "excused":
      return what.why;
    case "fenced":
      return "late result dropped: its lease was lost";
    case "moved":
      return `${MOVED[what.verb]} by ${what.by}`;
    case "moved-many": {
      const done = `${count(what.count)} jobs ${MOVED[what.verb]} by ${what.by}`;
      return what.ended === "done" ? done : `${done}, then it ${ENDED[what.ended]}`;
    }
    case "parked":
      return `No handler is named "${what.kind}": the jobs of that kind wait`;
    case "looked-over":
      return what.others === 0 ? what.problem : `${what.problem} (and ${count(what.others)} more like this)`;
    case "storage":
      return what.trouble ?? "The storage works again";
    case "restarted":
      return `Restarted ${what.role} ${consumer_id.slice(0, 8)}: ${what.why}`;
    case "provoked":
      return `Consumer ${consumer_id.slice(0, 8)} was made to ${what.how} by ${what.by}`;
    case "notice":
      return what.text;
  }
}

const MOVED = { cancel: "canceled", resubmit: "resubmitted" } as const;
const ENDED = { stopped: "was stopped", failed: "failed" } as const;

function failureText(what: Extract<WireHappening, { type: "retrying" | "exhausted" | "failed" }>): string {
  if (what.type === "retrying") {
    return `attempt ${what.attempt}/${what.of} failed, the next in ${duration(what.delay_ms)}: ${what.error}`;
  }
  if (what.type === "failed") return `given up by its handler: ${what.error}`;
  return what.cause === "retries"
    ? `given up, every attempt failed: ${what.error}`
    : `given up, too many crashes: ${what.error}`;
}
