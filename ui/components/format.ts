/** Formats numbers and times for people. The same on the server and in the browser, wherever they are. */
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "@persistent-queue/queue/basics";

/** How long ago: `0.8 s ago`, `12 s ago`, `3 min ago`, `5 h ago`. Milliseconds; a negative age counts as 0. */
export function age(ms: number): string {
  const passed = Math.max(0, ms);
  if (passed < 10 * SECOND_MS) return `${(passed / SECOND_MS).toFixed(1)} s ago`;
  if (passed < MINUTE_MS) return `${Math.floor(passed / SECOND_MS)} s ago`;
  if (passed < HOUR_MS) return `${Math.floor(passed / MINUTE_MS)} min ago`;
  if (passed < DAY_MS) return `${Math.floor(passed / HOUR_MS)} h ago`;
  return `${Math.floor(passed / DAY_MS)} d ago`;
}

/** `850 ms`, `1.2 s`, `34 s`, `3 min 20 s`, `2 h 5 min`, `4 d 3 h`. Milliseconds. */
export function duration(ms: number): string {
  if (ms < 100) return `${Math.round(ms)} ms`;
  if (ms < 10 * SECOND_MS) return `${(ms / SECOND_MS).toFixed(1)} s`;
  if (ms < MINUTE_MS) return `${Math.floor(ms / SECOND_MS)} s`;
  if (ms < HOUR_MS) return inTwoUnits(ms, [MINUTE_MS, "min"], [SECOND_MS, "s"]);
  if (ms < DAY_MS) return inTwoUnits(ms, [HOUR_MS, "h"], [MINUTE_MS, "min"]);
  return inTwoUnits(ms, [DAY_MS, "d"], [HOUR_MS, "h"]);
}

type Unit = readonly [ms: number, name: string];

function inTwoUnits(ms: number, [large, largeName]: Unit, [small, smallName]: Unit): string {
  const rest = Math.floor((ms % large) / small);
  return `${Math.floor(ms / large)} ${largeName}${rest === 0 ? "" : ` ${rest} ${smallName}`}`;
}

const GROUPED = new Intl.NumberFormat("en");

/** `1,234,567`. */
export function count(n: number): string {
  return GROUPED.format(n);
}

const TIME = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** The time of day in the reader's zone, `16:05:09`. Milliseconds since 1970. */
export function clock(ms: number): string {
  return isDate(ms) ? TIME.format(ms) : String(ms);
}

const DATE = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  timeZoneName: "short",
});

/** `24 Nov 2026, 16:05:09 UTC`, in the reader's zone or, before scripts run, the server's. Milliseconds since 1970. */
export function dateAndTime(ms: number): string {
  return isDate(ms) ? DATE.format(ms) : String(ms);
}

const MOMENT_TODAY = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit",
  minute: "2-digit",
  timeZoneName: "short",
});

const MOMENT = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  timeZoneName: "short",
});

/** `09:00 UTC` within a day of `now`, else `3 Jan 2030, 09:00 UTC`. Milliseconds since 1970. */
export function moment(ms: number, now: number): string {
  if (!isDate(ms)) return String(ms);
  return (Math.abs(ms - now) < DAY_MS / 2 ? MOMENT_TODAY : MOMENT).format(ms);
}

const DAY_OF_YEAR = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });

/** `3 Jan 2030`. Milliseconds since 1970. */
export function date(ms: number): string {
  return isDate(ms) ? DAY_OF_YEAR.format(ms) : String(ms);
}

/** `UTC`, `GMT-5`: the zone in which times of day are shown, at this time. Milliseconds since 1970. */
export function zone(ms: number): string {
  return DATE.formatToParts(ms).find(({ type }) => type === "timeZoneName")?.value ?? "";
}

/** Whether a Date can hold it: an edit by hand may have left any number in the database. */
function isDate(ms: number): boolean {
  return Math.abs(ms) <= 8.64e15;
}

/** `0.03/s`, `0.3/s`, `12/s`, `1,234/s`. */
export function perSecond(rate: number): string {
  if (rate === 0 || rate >= 10) return `${count(Math.round(rate))}/s`;
  return `${rate.toFixed(rate < 0.1 ? 2 : 1)}/s`;
}
