/** Parses the time before which a job must not run, as a person or a script writes it. */
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "@persistent-queue/queue/basics";

/** The expected form, for error messages. */
export const DUE_TIME_FORM = "a time with its zone, like 2030-01-31T12:00:00Z or 2030-01-31T13:00:00+01:00";

export type DueTime = { readonly ms: number } | { readonly problem: string };

const DATE = "(\\d{4})-(\\d{2})-(\\d{2})";
const TIME = "(\\d{2}):(\\d{2})(?::(\\d{2})(?:[.,](\\d{1,9}))?)?";
const ZONE = "(Z|[+-]\\d{2}(?::?\\d{2})?)";
const MOMENT = new RegExp(`^${DATE}[T ]${TIME} ?${ZONE}$`, "i");
const WITHOUT_ZONE = new RegExp(`^${DATE}(?:[T ]${TIME})?$`, "i");

/**
 * RFC 3339, and the short zones that PostgreSQL writes. Nothing is guessed: a time that does not exist, or that depends on
 * the machine's zone, is a problem.
 */
export function parseDueTime(text: string): DueTime {
  const words = MOMENT.exec(text);
  if (words === null) {
    return {
      problem: WITHOUT_ZONE.test(text)
        ? `has no time zone, so it is another moment on another machine: write ${DUE_TIME_FORM}`
        : `is not a time: write ${DUE_TIME_FORM}`,
    };
  }
  const [year, month, day, hour, minute, second] = words.slice(1, 7).map((word) => Number(word ?? 0));
  const fields = [year, month, day, hour, minute, second];
  const ms = Number((words[7] ?? "").padEnd(3, "0").slice(0, 3));
  const local = new Date(0);
  local.setUTCFullYear(year ?? 0, (month ?? 0) - 1, day);
  local.setUTCHours(hour ?? 0, minute, second, ms);
  // A Date rolls over: 30 February becomes 2 March.
  if (fieldsOf(local).some((field, i) => field !== fields[i])) {
    return { problem: "is a date or time that does not exist" };
  }
  const offset = minutesOf(words[8] ?? "Z");
  if (offset === null) return { problem: `has a time zone that does not exist: write ${DUE_TIME_FORM}` };
  return { ms: local.getTime() - offset * MINUTE_MS };
}

function fieldsOf(date: Date): number[] {
  return [
    date.getUTCFullYear(),
    date.getUTCMonth() + 1,
    date.getUTCDate(),
    date.getUTCHours(),
    date.getUTCMinutes(),
    date.getUTCSeconds(),
  ];
}

/** The offset from UTC in minutes; null if no zone has it. */
function minutesOf(zone: string): number | null {
  if (zone.toUpperCase() === "Z") return 0;
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(3).replace(":", ""))];
  if (hours > 14 || minutes > 59) return null;
  return (zone.startsWith("-") ? -1 : 1) * (hours * 60 + minutes);
}

const UNITS_MS: Readonly<Record<string, number>> = { s: SECOND_MS, m: MINUTE_MS, h: HOUR_MS, d: DAY_MS };

export type Since = { readonly at: (now: number) => number } | { readonly problem: string };

/** A time, or a span before `now`. */
export function parseSince(text: string): Since {
  const span = parseDelay(text);
  if (span !== null) return { at: (now) => Math.max(0, now - span) };
  const time = parseDueTime(text);
  return "ms" in time ? { at: () => time.ms } : time;
}

/** `90s`, `15m`, `2h30m`, `3d`, in milliseconds; null for anything else. */
export function parseDelay(text: string): number | null {
  if (!/^(?:\d{1,9}[smhd] ?)+$/i.test(text)) return null;
  const parts = text.matchAll(/(\d+)([smhd])/gi);
  return parts.reduce((sum, [, n, unit = ""]) => sum + Number(n) * (UNITS_MS[unit.toLowerCase()] ?? 0), 0);
}
