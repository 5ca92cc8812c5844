/** Readable sentences for the errors of Redis, by the word that each error begins with. */
import { ClientOfflineError, DisconnectsClientError, ReconnectStrategyError } from "@redis/client";
import { messageOf, QueueError, StorageError } from "../errors.ts";
import { certificateFault } from "../storing/certificate_faults.ts";

interface Sentence {
  readonly says: string;
  readonly passing: boolean;
}

const lasting = (says: string): Sentence => ({ says, passing: false });
const passing = (says: string): Sentence => ({ says, passing: true });

const NOT_ALLOWED = "Redis lets this user do less than the queue needs: allow it";

const SENTENCES: Readonly<Record<string, Sentence>> = {
  NOAUTH: lasting("Redis wants a password: name the user and the password in QUEUE_URL"),
  WRONGPASS: lasting("Redis refuses this user or password: check QUEUE_URL"),
  AUTH: lasting("Redis has no password, but QUEUE_URL names one: remove it there, or set it on the server"),
  NOPERM: lasting(`${NOT_ALLOWED} all keys and channels of the queue`),
  WRONGTYPE: lasting("A key of the queue is not as this system made it: undo what was changed by hand"),
  MOVED: lasting(
    "This server is a part of a cluster that keeps the queue on another one: name that one in QUEUE_URL",
  ),
  OOM: passing("The memory of Redis is full: raise maxmemory, and the queue goes on by itself"),
  MISCONF: passing("Redis cannot write to its disk: make room, and the queue goes on by itself"),
  READONLY: passing("Redis takes no writes here: this server is a replica"),
  LOADING: passing("Redis is starting: it reads its data"),
  MASTERDOWN: passing("This replica of Redis has lost its primary"),
  NOREPLICAS: passing("Redis has too few replicas to take writes"),
  BUSY: passing("Redis is busy with a script of another program"),
  TRYAGAIN: passing("The Redis cluster is moving its keys"),
  CLUSTERDOWN: passing("The Redis cluster is down"),
};

const NO_CONNECTION_LEFT = passing("Redis has no connection left: raise maxclients, or close others");
const NO_SUCH_DATABASE = lasting(
  "Redis has no database of this number: name another one in QUEUE_URL, or raise databases on the server",
);
/** The connection was lost or never made. */
const UNREACHABLE = passing("Redis cannot be reached");
const neverReached = ({ isTls }: { readonly isTls: boolean }) =>
  passing(
    "Redis cannot be reached: see that it runs, and that QUEUE_URL names its host and its port, with " +
      (isTls ? "redis: unless it takes TLS there" : "rediss: if it takes TLS only"),
  );

/** The user or the password. */
const IS_REFUSED = /^(NOAUTH|WRONGPASS|ERR AUTH)\b/;

/** Errors of the server begin with a word in capitals; those of the driver do not. */
const CODE = /^(?:ERR )?([A-Z]{2,})\b/;

/** A subcommand is written with a bar: https://redis.io/docs/latest/operate/oss_and_stack/management/security/acl/ */
const FORBIDDEN_COMMAND = /^NOPERM .* run the '([^']+)' command/;

/** The server has lost the scripts: it was restarted, or another one has taken its place. */
export function isUnknownScript(error: unknown): boolean {
  return messageOf(error).startsWith("NOSCRIPT");
}

/** The server is a replica. */
export function isReadOnly(error: unknown): boolean {
  return messageOf(error).startsWith("READONLY");
}

/** The driver has no connection at the moment, and does not say why. */
export function isOffline(error: unknown): boolean {
  return error instanceof ClientOfflineError;
}

/** The connection was dropped with this call in flight. */
export function isDropped(error: unknown): boolean {
  return error instanceof DisconnectsClientError;
}

/** The driver keeps trying to connect, so this passes even if `reason` would stop a start. */
export function offlineBecause(reason: unknown, place: string): StorageError {
  const message = textOf(reason);
  const { says } = sentenceOf(reason, message) ?? UNREACHABLE;
  return new StorageError(`${says} (${place}: ${message}).`, {
    cause: reason,
    passing: true,
    publicMessage: `${says}.`,
  });
}

/** The user may not run this command. */
export function isForbidden(error: unknown): boolean {
  return /^NOPERM|unknown command/i.test(messageOf(error));
}

function textOf(error: unknown): string {
  return messageOf(error) || (error instanceof Error ? error.name : "no reason was given");
}

/** Undefined: the server reported something else. */
function sentenceOf(error: unknown, message: string): Sentence | undefined {
  const certificate = certificateFault(codeOf(error), "Redis");
  if (certificate !== null) return lasting(certificate);
  if (message.startsWith("ERR max number of clients reached")) return NO_CONNECTION_LEFT;
  if (message.startsWith("ERR DB index")) return NO_SUCH_DATABASE;
  const [, command] = FORBIDDEN_COMMAND.exec(message) ?? [];
  if (command !== undefined) return lasting(`${NOT_ALLOWED} the command ${command} too`);
  const code = CODE.exec(message)?.[1];
  return code === undefined ? UNREACHABLE : SENTENCES[code];
}

/** The code of the socket's error; the driver wraps the error of its first attempt to connect. */
function codeOf(error: unknown): string {
  if (error instanceof ReconnectStrategyError) return codeOf(error.originalError);
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

export function toQueueError(error: unknown, place: string): QueueError {
  return asQueueError(error, { place, unreachable: UNREACHABLE });
}

/** The same for a server to which there was no connection before. */
export function toOpeningError(
  error: unknown,
  { place, isTls }: { readonly place: string; readonly isTls: boolean },
): QueueError {
  return asQueueError(error, { place, unreachable: neverReached({ isTls }) });
}

function asQueueError(
  error: unknown,
  { place, unreachable }: { readonly place: string; readonly unreachable: Sentence },
): QueueError {
  if (error instanceof QueueError) return error;
  const message = textOf(error);
  const sentence = sentenceOf(error, message);
  if (sentence === undefined) {
    const end = /[.?!]$/.test(message) ? "" : ".";
    return new StorageError(`Redis at ${place} failed: ${message}${end}`, { cause: error, passing: true });
  }
  const { says, passing } = sentence === UNREACHABLE ? unreachable : sentence;
  return new StorageError(`${says} (${place}: ${message}).`, {
    cause: error,
    passing,
    refused: IS_REFUSED.test(message) || certificateFault(codeOf(error), "Redis") !== null,
    ofNewJobs: sentence === SENTENCES.OOM,
    publicMessage: `${says}.`,
  });
}
