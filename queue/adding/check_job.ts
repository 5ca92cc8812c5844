/** Validates a job from outside before it reaches a store. */
import { DAY_MS } from "../basics/time.ts";
import { QueueError } from "../errors.ts";
import { exactJson, InexactNumber } from "../basics/exact_json.ts";
import { isTooDeep, MAX_DEPTH } from "../basics/json_depth.ts";
import { JsonText } from "../basics/json_text.ts";
import { printable } from "../basics/text.ts";
import { MAX_ID_LENGTH, MAX_PRIORITY } from "../job.ts";
import type { JobRequest } from "../roles.ts";
import type { NewJob } from "../store.ts";

const MAX_PAYLOAD_BYTES = 1_048_576;
/** 9 September 2001 in milliseconds since 1970; read as seconds it would be 30,000 years ahead. */
const EARLIEST_RUN_AT = 1_000_000_000_000;
/** The end of the year 9999. */
const LATEST_RUN_AT = 253_402_300_799_999;
/** A run time that is longer ago is a mistake, not a job that has waited. */
const LONG_AGO_MS = 365 * DAY_MS;
export const DEFAULT_KIND = "file";
/** The name of a handler's file, without `.ts`. */
const KIND = /^[a-z][a-z0-9_-]{0,63}$/;

export function checkJob(
  request: JobRequest,
  { kinds, handlersDir, now, by }: {
    kinds: readonly string[];
    /** Where to add a handler; null: where the running system has its handlers. */
    handlersDir: string | null;
    now: number;
    by?: string | undefined;
  },
): NewJob {
  const named = request.kind ?? DEFAULT_KIND;
  const kind = kinds.length === 0 ? checkKindName(named) : checkKind(named, { kinds, handlersDir });
  return {
    id: (request.id ?? null) === null ? makeId(kind, now) : checkId(request.id),
    kind,
    payload: checkPayload(request.payload ?? null),
    priority: checkPriority(request.priority ?? 0),
    runAt: request.runAt === undefined ? null : checkRunAt(request.runAt, now),
    replace: request.replace ?? false,
    ...(by === undefined ? {} : { by }),
  };
}

/**
 * For a program without kinds of its own, while no host says which there are: an application need not stop adding while
 * the hosts restart. A job of a well-formed kind waits for its handler, and no handler can have any other name.
 */
function checkKindName(kind: unknown): string {
  if (typeof kind === "string" && KIND.test(kind) && !isOfTest(kind)) return kind;
  throw new QueueError(
    "unknown_kind",
    `No handler can be named "${
      printable(String(kind), { maxLength: 100 })
    }": a kind has at most 64 small letters, digits, hyphens and underscores, begins with a letter, and does not end with _test, as tests do.`,
  );
}

/** Checks an id that may already be stored: an insert by hand may have an id that `add` refuses. */
export function checkStoredId(id: unknown): string {
  if (typeof id !== "string" || id === "") throw invalid("A job's id is a text of 1 to 2,000 characters.");
  if (id.length > MAX_ID_LENGTH && [...id].length > MAX_ID_LENGTH) {
    throw invalid(
      `A job's id has at most 2,000 characters; this one has ${[...id].length.toLocaleString("en")}.`,
    );
  }
  return id;
}

export function checkId(given: unknown): string {
  const id = checkStoredId(given);
  // In the address of a request, even percent-encoded, these stand for a folder: such a job could not be read there.
  if (id === "." || id === "..") throw invalid(`A job's id is not "${id}", which stands for a folder.`);
  if (/\p{Cc}/u.test(id)) throw invalid(`A job's id holds no control characters: "${printable(id)}".`);
  if (!id.isWellFormed()) {
    throw invalid("A job's id must be well-formed Unicode: it holds half a surrogate pair.");
  }
  return id;
}

function makeId(kind: string, now: number): string {
  if (kind !== DEFAULT_KIND) return `${kind}-${uuidV7(now)}`;
  throw invalid("A file job needs its path as its id, for example data/files/abc.txt.");
}

let lastNow = 0;
/** The number of ids made in that millisecond. */
let made = 0;
/** What the next ids begin with: the time and the version. */
let prefix = "";

/**
 * A UUID of version 7 (RFC 9562): it begins with the time, in milliseconds since 1970, followed by a counter within
 * that millisecond. So every new id goes to the end of its index, however large that is. A random id would need another
 * page to be read and written, and ids that are random only within a millisecond make an insert a tenth slower.
 */
export function uuidV7(now: number): string {
  made = now === lastNow ? made + 1 : 0;
  lastNow = now;
  // The counter has twelve bits.
  const count = made & 0xfff;
  if (count === 0) {
    const time = (now + (made >> 12)).toString(16).padStart(12, "0");
    prefix = `${time.slice(0, 8)}-${time.slice(8)}-7`;
  }
  return `${prefix}${count.toString(16).padStart(3, "0")}${crypto.randomUUID().slice(18)}`;
}

function checkKind(
  kind: unknown,
  { kinds, handlersDir }: { kinds: readonly string[]; handlersDir: string | null },
): string {
  if (typeof kind === "string" && kinds.includes(kind)) return kind;
  const where = handlersDir ?? "the HANDLERS_DIR of the running system, and restart it";
  throw new QueueError(
    "unknown_kind",
    `No handler is named "${printable(String(kind))}": known kinds are ${
      printable(kinds.join(", "))
    } (add one in ${where}).${isOfTest(kind) ? ` A file named ${printable(kind)}.ts counts as a test.` : ""}`,
  );
}

/** `mail_test.ts` beside `mail.ts` is its test. */
function isOfTest(kind: unknown): kind is string {
  return typeof kind === "string" && kind.endsWith("_test");
}

function checkPayload(payload: unknown): string {
  const text = payload instanceof JsonText ? payload.text : toJson(payload);
  if (text.length > MAX_PAYLOAD_BYTES / 3 && new TextEncoder().encode(text).length > MAX_PAYLOAD_BYTES) {
    throw invalid(
      "A payload is at most 1 MiB of JSON: put what is larger into a file and name it in the payload.",
    );
  }
  const isDeep = () => payload instanceof JsonText ? payload.levels > MAX_DEPTH : isTooDeep(text);
  if (text.length > MAX_DEPTH && isDeep()) {
    throw invalid(`A payload nests at most ${MAX_DEPTH} levels deep.`);
  }
  return text;
}

function toJson(payload: unknown): string {
  try {
    const text = exactJson(payload);
    if (text !== undefined) return text;
  } catch (error) {
    if (error instanceof InexactNumber) {
      throw invalid(`A payload must be something JSON can hold, and ${error.number} is not a number there.`);
    }
    // Cycles and big integers are reported below, in the same words as functions and symbols.
  }
  throw invalid("A payload must be something JSON can hold.");
}

function checkPriority(priority: unknown): number {
  if (isWhole(priority) && Math.abs(priority) <= MAX_PRIORITY) return priority;
  throw invalid(`A priority is a whole number from −${MAX_PRIORITY} to ${MAX_PRIORITY}; higher runs first.`);
}

/** Programs write 0 for "now". A clock that shows a time before 2001 was never set. */
function checkRunAt(runAt: unknown, now: number): number | null {
  if (runAt === 0) return null;
  if (typeof runAt === "number" && runAt > 0 && runAt < EARLIEST_RUN_AT && now >= EARLIEST_RUN_AT) {
    throw invalid(
      `A job's time to run is given in milliseconds since 1970, and ${runAt} is in 1970 or soon after: these look like seconds, so write ${
        Math.round(runAt * 1000)
      }.`,
    );
  }
  if (isWhole(runAt) && runAt > LATEST_RUN_AT) {
    throw invalid(
      `A job's time to run is given in milliseconds since 1970, and ${runAt} is after the year 9999: these look like smaller units, so write milliseconds.`,
    );
  }
  if (isWhole(runAt) && runAt >= EARLIEST_RUN_AT && runAt < now - LONG_AGO_MS) {
    throw invalid(
      `A job's time to run is ${
        new Date(runAt).toISOString()
      }, which is more than a year ago: leave it out for a job that is to run at once.`,
    );
  }
  if (isWhole(runAt) && runAt >= 0) return runAt;
  throw invalid("A job's time to run is a whole number of milliseconds since 1970.");
}

export function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function invalid(message: string): QueueError {
  return new QueueError("invalid_job", message);
}
