/**
 * The most levels of a payload or a result. SQLite's own limit on nested JSON is 1,000; PostgreSQL's depends on the stack of
 * its processes, and is some 6,000 unless that was made smaller.
 */
export const MAX_DEPTH = 500;

/** Whether the lists and objects of this JSON text nest deeper. */
export function isTooDeep(json: string): boolean {
  return json.length > MAX_DEPTH && depthOf(json) > MAX_DEPTH;
}

function depthOf(json: string): number {
  let [depth, deepest] = [0, 0];
  for (let i = 0; i < json.length; i++) {
    const unit = json[i];
    if (unit === '"') i = endOfString(json, i);
    else if (unit === "[" || unit === "{") deepest = Math.max(deepest, ++depth);
    else if (unit === "]" || unit === "}") depth--;
  }
  return deepest;
}

/** Where the string that begins at `from` has its closing quote. Long strings are skipped, not read. */
function endOfString(json: string, from: number): number {
  for (let end = json.indexOf('"', from + 1); end !== -1; end = json.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (json[end - 1 - backslashes] === "\\") backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return json.length;
}
