/** How moments and spans of time are told in a terminal. */

/** `2026-11-24 15:00:00Z`; a dash for none. */
export function moment(at: number | null): string {
  if (at === null) return "–";
  const date = new Date(at);
  return Number.isNaN(date.getTime())
    ? String(at)
    : date.toISOString().replace("T", " ").replace(/\.\d+Z$/, "Z");
}

/** `12 s`, `5 min`, `3 h`, `2 d`: the largest unit of which there are at least two. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} d`;
}
