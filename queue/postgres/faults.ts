/** Readable sentences for PostgreSQL's errors. Codes: https://www.postgresql.org/docs/current/errcodes-appendix.html */
import { messageOf, QueueError, RejectedWrite, StorageError } from "../errors.ts";
import { certificateFault } from "../storing/certificate_faults.ts";

interface Sentence {
  readonly says: string;
  readonly passing: boolean;
}

const lasting = (says: string): Sentence => ({ says, passing: false });
const passing = (says: string): Sentence => ({ says, passing: true });

const NOT_ALLOWED = "PostgreSQL lets this user do less than the queue needs: make it the owner of the schema";

const NAME_THE_SERVER = "name the server itself in QUEUE_URL";
const POOLER_REFUSES =
  `A pooler refuses the settings that the queue needs for its sessions of PostgreSQL: ${NAME_THE_SERVER}`;
/** For a connection that did not get these settings. */
export const POOLER_DROPS =
  `A pooler drops the settings that the queue needs for its sessions of PostgreSQL: ${NAME_THE_SERVER}`;

/** By error code, or by its class. */
const SENTENCES: Readonly<Record<string, Sentence>> = {
  "28": lasting("PostgreSQL refuses this user or password: check QUEUE_URL"),
  "3D000": lasting("There is no such database: create it, or check QUEUE_URL"),
  "42501": lasting(NOT_ALLOWED),
  // The schema exists, but this user may not use it.
  "3F000": lasting(NOT_ALLOWED),
  "42": lasting("The tables are not as this system made them: undo what was changed by hand"),
  "XX001": lasting("PostgreSQL found damaged data: restore a backup"),
  "XX002": lasting("PostgreSQL found a damaged index: reindex it, or restore a backup"),
  "53100": passing("The disk of PostgreSQL is full: make room and the queue goes on by itself"),
  "53200": passing("PostgreSQL is out of memory"),
  "53300": passing("PostgreSQL has no connection left: raise max_connections, or close others"),
  "57P01": passing("PostgreSQL is being stopped"),
  "57P02": passing("PostgreSQL has crashed and is coming back"),
  "57P03": passing("PostgreSQL is starting, or being stopped"),
  "57014": passing("PostgreSQL gave up on a statement that took too long"),
  "25006": passing(
    "PostgreSQL takes no writes here: the server is a standby, or the user or the database is read-only",
  ),
  "55P03": passing(
    "The jobs are locked, by another program or by an upgrade: the queue waits for the end of that",
  ),
  "40": passing("PostgreSQL aborted one of two conflicting writes"),
  "58": passing("PostgreSQL has an input/output error"),
};

/** The connection was lost or never made. */
const UNREACHABLE = passing("PostgreSQL cannot be reached");
const NEVER_REACHED = passing(
  "PostgreSQL cannot be reached: see that it runs, and that QUEUE_URL names its host and its port",
);

/** The user, the password or the database. */
const IS_REFUSED = /^(28|3D)/;
/** An unknown parameter, or a bad value of one. */
const IS_BAD_PARAMETER = /^(42704|22)/;
/** Older versions lack features that the schema uses. */
export const OLDEST_SERVER = 14;
/** A connection starts with the parameters of the URL, and with others that very old servers do not know. */
const BAD_PARAMETER = lasting(
  `PostgreSQL refuses a parameter: correct those of QUEUE_URL, and use PostgreSQL ${OLDEST_SERVER} or newer`,
);
/** Our code for an answer that is not in PostgreSQL's protocol. */
export const NOT_POSTGRES = "NOT_POSTGRES";
const ANOTHER_PROGRAM = lasting(
  "What answers there is not PostgreSQL: see that QUEUE_URL names its host and its port",
);
/** The driver's code for a connection on which the server says nothing. */
const SILENT = "CONNECT_TIMEOUT";
const NEVER_ANSWERED = passing(
  "PostgreSQL does not answer: see that it is well, and that QUEUE_URL names its port, not that of another program",
);
const NO_TLS = "PostgreSQL offers no TLS here: turn ssl on there, or take sslmode out of QUEUE_URL";

/** Bad data, a violated constraint, a limit of the server such as the depth of JSON, or an error that a trigger raises. */
const BROKEN_RULE = /^(22|23|54|P0001)/;
/** The state of the server, whatever it was doing. */
const IS_OF_SERVER = /^(08|25|40|53|55P03|57|58|XX)/;
/** Those of our own triggers: an error in one of them means that the tables were changed. */
const OUR_FUNCTIONS = /\b(count_jobs|refuse_claim|tell_edit)\(\)/;
/** Codes of the server. One code of the operating system has the same form. */
const isServerCode = (code: string) => /^[0-9A-Z]{5}$/.test(code) && code !== "EPIPE";

/** The transaction was rolled back, and the same statements may succeed now. */
export function isRetryable(error: unknown): boolean {
  return /^40(001|P01)$/.test(codeOf(error));
}

/** A lock was not granted in time. */
export function isLocked(error: unknown): boolean {
  return codeOf(error) === "55P03";
}

/** The server is a standby, or takes no writes from this user or in this database. */
export function isReadOnly(error: unknown): boolean {
  return codeOf(error) === "25006";
}

/**
 * A row lock, not a table lock: the context names the page and the place of the row, which are all that is the same in every
 * language. https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-ROWS
 */
const IS_OF_ROW = /\d+, ?\d+/;

/**
 * The error does not say whether a row or a table is locked: only the first session that waits for a row gets a context. The
 * others wait until it is their turn.
 */
export function isLockedSomehow(error: unknown): boolean {
  return isLocked(error) && !IS_OF_ROW.test(contextOf(error));
}

const JOB_IS_LOCKED = "A job is locked by another program: end its transaction";

interface Client {
  /** Where the server is. */
  readonly place: string;
  /** The server has answered before: a password, a rule or a certificate that changes on the server is no reason to stop. */
  readonly hasAnswered: boolean;
  /** The server has refused TLS. */
  readonly isWithoutTls: boolean;
  /** No table is locked, so a lock that was not granted is that of a row. */
  readonly hasFreeTables?: boolean;
}

export function toQueueError(error: unknown, client: Client): QueueError {
  if (error instanceof QueueError) return error;
  const { place, hasAnswered, hasFreeTables = false } = client;
  const code = codeOf(error);
  const message = code === SILENT ? "no answer in time" : messageOf(error);
  if (isLocked(error) && (hasFreeTables || !isLockedSomehow(error))) {
    return new StorageError(`${JOB_IS_LOCKED} (${place}: ${message}).`, {
      cause: error,
      ...{ passing: true, ofSomeJobs: true, publicMessage: `${JOB_IS_LOCKED}.` },
    });
  }
  if (hasAnswered && (BROKEN_RULE.test(code) || !IS_OF_SERVER.test(code) && isOfForeignFunction(error))) {
    return new RejectedWrite(`PostgreSQL refused the write: ${message}.`, { cause: error });
  }
  const loginSentence = loginFault({ code, message }, client);
  const sentence = loginSentence ?? SENTENCES[code] ?? SENTENCES[code.slice(0, 2)];
  if (sentence === undefined && isServerCode(code)) {
    return new StorageError(`PostgreSQL at ${place} failed: ${message}.`, { cause: error, passing: true });
  }
  const { says, passing } = sentence ??
    (hasAnswered ? UNREACHABLE : code === SILENT ? NEVER_ANSWERED : NEVER_REACHED);
  const refused = loginSentence !== null || IS_REFUSED.test(code);
  return new StorageError(`${says} (${place}: ${message}).`, {
    cause: error,
    passing: passing || hasAnswered && refused,
    refused,
    publicMessage: `${says}.`,
  });
}

/** Why a connection was refused, where the codes above do not say. */
function loginFault(
  { code, message }: { readonly code: string; readonly message: string },
  { hasAnswered, isWithoutTls }: Client,
): Sentence | null {
  const certificate = certificateFault(code, "PostgreSQL");
  if (certificate !== null) return lasting(certificate);
  // With sslmode=prefer the driver continues without TLS.
  if (isWithoutTls && message.includes("TLS")) return lasting(NO_TLS);
  if (code === NOT_POSTGRES) return ANOTHER_PROGRAM;
  if (hasAnswered) return null;
  // From PgBouncer, which uses this code for everything.
  if (code === "08P01" && message.includes("startup parameter")) return lasting(POOLER_REFUSES);
  return IS_BAD_PARAMETER.test(code) ? BAD_PARAMETER : null;
}

/**
 * A function made by hand was running, such as that of a trigger, which may raise any error. The context has a line for each
 * function; the name of its procedural language is the same in every language of the server.
 */
function isOfForeignFunction(error: unknown): boolean {
  const lines = contextOf(error).split("\n");
  return lines.some((line) => /\bPL\/\w/.test(line) && !OUR_FUNCTIONS.test(line));
}

/** What the server was doing when it failed. */
function contextOf(error: unknown): string {
  return error instanceof Error && "where" in error ? String(error.where) : "";
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
