/**
 * The statuses, moves and bounds for the scripts, as Lua. They are built once from the tables of `job.ts`: no script names a
 * status itself.
 */
import {
  INITIAL_STATUS,
  isFinished,
  MAX_TIME,
  MOVES,
  RESUBMIT,
  type Status,
  STATUSES,
  type Verb,
} from "../job.ts";
import { MAX_CLAIMED_BYTES } from "../storing/batches.ts";
import {
  FIRST_LINES,
  foldedInWords,
  MAX_LINES,
  NEWEST_LINES,
  TOLD_IN_FULL,
} from "../storing/history_bounds.ts";

/** The columns of a job as a script returns them, before the values. */
export const COLUMNS = [
  ...["status", "lease", "id", "kind", "priority", "run_at", "retries", "crashes", "consumer_id"],
  ...["last_heartbeat", "started_at", "finished_at", "created_at", "updated_at", "canceled_from", "error"],
] as const;

/** The version of the keys and what they hold, as `scripts/prelude.lua` lists them. */
export const VERSION = 2;

/** Lines that are not among the newest keep this much of an error. */
const SHORT_DETAIL_BYTES = 500;

const quoted = (text: string) => JSON.stringify(text);
const list = (texts: readonly string[]) => `{ ${texts.map(quoted).join(", ")} }`;
const set = (statuses: readonly Status[]) =>
  `{ ${statuses.map((status) => `[${quoted(status)}] = true`).join(", ")} }`;
const byVerb = (valueOf: (verb: Verb) => string) =>
  `{ ${(Object.keys(MOVES) as Verb[]).map((verb) => `${verb} = ${valueOf(verb)}`).join(", ")} }`;

const RESUBMITTED = MOVES.resubmit.from;
const HISTORY = {
  most: MAX_LINES,
  first: FIRST_LINES,
  newest: NEWEST_LINES,
  full: TOLD_IN_FULL,
  short: SHORT_DETAIL_BYTES,
  /** The words after the number of lines. */
  words: quoted(foldedInWords(0).slice(1)),
};

export const LUA_TABLES = `
local STATUSES = ${list(STATUSES)}
local INITIAL, WAITING, RUNNING = ${
  [INITIAL_STATUS, MOVES.claim.from[0], MOVES.claim.to].map(quoted).join(", ")
}
local FINISHED = ${set(STATUSES.filter(isFinished))}
local MAY = ${byVerb((verb) => set(MOVES[verb].from))}
local TO = ${byVerb((verb) => quoted(MOVES[verb].to))}
local STARTS_AGAIN = ${set(RESUBMITTED.filter((status) => RESUBMIT[status].startsAgain))}
local KEEPS_RUN_AT = ${set(RESUBMITTED.filter((status) => RESUBMIT[status].keepsRunAt))}
local COLUMNS = ${list(COLUMNS)}
local HISTORY = { ${Object.entries(HISTORY).map(([name, value]) => `${name} = ${value}`).join(", ")} }
local MAX_TIME = ${MAX_TIME}
local MAX_CLAIMED_BYTES = ${MAX_CLAIMED_BYTES}
local VERSION = "${VERSION}"
`;
