/** A session as the text of a fact. The text is untrusted: any client of the server may have written it. */
import { fieldsIn } from "@persistent-queue/queue";
import type { Session } from "./session_table.ts";

/** Two hosts know the server's clock to within milliseconds; a session from the future would never end. */
const AHEAD_MS = 60_000;

export function sessionText(era: string, { openedAt, seenAt }: Session): string {
  return JSON.stringify({ era, openedAt, seenAt });
}

/** Null: it is not a valid session of this era. */
export function sessionIn(
  text: string,
  { era, now }: { readonly era: string; readonly now: number },
): Session | null {
  const { era: ofEra, openedAt, seenAt } = fieldsIn(text);
  if (ofEra !== era || !isPast(openedAt, now) || !isPast(seenAt, now)) return null;
  return { openedAt, seenAt };
}

function isPast(time: unknown, now: number): time is number {
  return Number.isFinite(time) && Number(time) <= now + AHEAD_MS;
}
