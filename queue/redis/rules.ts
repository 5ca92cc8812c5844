/** Checks the bounds that the contract sets for ids and numbers: Redis itself would store anything. */
import { RejectedWrite } from "../errors.ts";
import { MAX_ID_LENGTH, MAX_KIND_LENGTH, MAX_PRIORITY, MAX_TIME } from "../job.ts";
import type { Settlement } from "../ending.ts";
import type { NewJob } from "../store.ts";
import type { StoredJob } from "../stored_job.ts";

const MAX_COUNT = 1_000_000;

/** @throws {RejectedWrite} */
export function assertJobs(jobs: readonly NewJob[]): void {
  for (const { id, kind, priority, runAt } of jobs) {
    if (!hasLength(id, MAX_ID_LENGTH)) refuse(`an id has 1 to ${MAX_ID_LENGTH} characters`);
    if (!hasLength(kind, MAX_KIND_LENGTH)) refuse(`a kind has 1 to ${MAX_KIND_LENGTH} characters`);
    if (!Number.isInteger(priority) || Math.abs(priority) > MAX_PRIORITY) {
      refuse(`a priority is a whole number from -${MAX_PRIORITY} to ${MAX_PRIORITY}`);
    }
    if (runAt !== null && !isCount(runAt)) {
      refuse("a time to run is a whole number of milliseconds since 1970");
    }
  }
}

/** @throws {RejectedWrite} */
export function assertSettlements(settlements: readonly Settlement[]): void {
  for (const ending of settlements) {
    if ("retries" in ending && !isCount(ending.retries)) refuse("a number of retries is not negative");
    if (ending.verb === "retry" && !(ending.delayMs >= 0)) refuse("a wait is not negative");
    if (ending.verb === "release" && ending.charge !== null && !isCount(ending.charge.crashes)) {
      refuse("a number of crashes is not negative");
    }
  }
}

/** @throws {RejectedWrite} */
export function assertStoredJobs(jobs: readonly StoredJob[]): void {
  assertJobs(jobs.map((job) => ({ ...job, replace: false })));
  for (const job of jobs) {
    if (!isCount(job.lease)) refuse("a lease is a whole number that is not negative");
    if (![job.retries, job.crashes].every((count) => isCount(count) && count <= MAX_COUNT)) {
      refuse(`retries and crashes are whole numbers from 0 to ${MAX_COUNT}`);
    }
    const times = [job.runAt, job.createdAt, job.updatedAt, job.lastHeartbeat, job.startedAt, job.finishedAt];
    if (!times.every((time) => time === null || (isCount(time) && time <= MAX_TIME))) {
      refuse("a time is a whole number of milliseconds since 1970");
    }
    const numbers = job.history.flatMap(({ at, lease, retries, takenAt }) => [at, lease, retries, takenAt]);
    if (!numbers.every((number) => number === null || Number.isSafeInteger(number))) {
      refuse("the numbers of a history are whole");
    }
  }
}

function refuse(rule: string): never {
  throw new RejectedWrite(`The write was refused: ${rule}.`);
}

function isCount(number: number): boolean {
  return Number.isSafeInteger(number) && number >= 0;
}

/** Counts characters, of which one may have two UTF-16 units. */
function hasLength(text: string, most: number): boolean {
  if (text.length <= most) return text !== "";
  return text.length <= 2 * most && [...text].length <= most;
}
