/** Whether what is shown is the present. */
import { clock, duration, zone } from "../components/format.ts";
import type { Link } from "./snapshot.ts";

export interface LinkNoteProps {
  readonly link: Link;
  readonly agedMs: number;
  readonly now: number;
}

export function LinkNote({ link, agedMs, now }: LinkNoteProps) {
  if (link === "lost") {
    return <p class="link link-lost">Reconnecting… What you see is {duration(agedMs)} old.</p>;
  }
  if (link === "live") return <p class="link link-live">Live</p>;
  return (
    <p class="link">
      As of <time dateTime={new Date(now).toISOString()}>{clock(now)} {zone(now)}</time>
    </p>
  );
}
