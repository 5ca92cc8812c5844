/** Validates a request for a list of jobs before it reaches a store. */
import { isWhole } from "../adding/check_job.ts";
import { MAX_PAGE_SIZE, PAGE_SIZE } from "./pages.ts";
import { printable } from "../basics/text.ts";
import { QueueError } from "../errors.ts";
import { isStatus, MAX_ID_LENGTH, type Status } from "../job.ts";
import type { ListRequest } from "../roles.ts";
import type { JobQuery } from "../store.ts";

interface Checked {
  /** Undefined: any. */
  readonly statuses: readonly Status[] | undefined;
  readonly limit: number;
}

/** @throws {QueueError} `invalid_query` */
export function checkList(request: ListRequest, { stallMs }: { readonly stallMs: number }): JobQuery {
  const { kind, search, cursor, stalled, due, changedSince, values = true, limit = PAGE_SIZE } = request;
  const statuses = checkStatuses(request);
  assertPossible(request, statuses);
  assertInBounds({ ...request, limit });
  if (request.order === "line") return checkLine(request, { statuses, limit });
  return {
    limit,
    values,
    ...(statuses && !stalled ? { statuses } : {}),
    ...(kind ? { kind } : {}),
    ...(search ? { search } : {}),
    ...(due === undefined ? {} : { due }),
    ...(changedSince === undefined ? {} : { changedSince }),
    ...(stalled ? { silentForMs: stallMs } : {}),
    ...(cursor ? { cursor } : {}),
  };
}

/** Some job may match. */
function assertPossible({ stalled, due }: ListRequest, statuses: Checked["statuses"]): void {
  if (stalled && statuses !== undefined && !isOnly(statuses, "PROCESSING")) {
    throw badQuery("Only jobs that are PROCESSING are stalled: ask for one or the other.");
  }
  if (due !== undefined && (!isOnly(statuses, "PENDING") || stalled)) {
    throw badQuery("Only PENDING jobs are due now or later: ask for that status, or leave it out.");
  }
}

function assertInBounds({ due, changedSince, limit, search }: ListRequest & Pick<Checked, "limit">): void {
  if (due !== undefined && due !== "now" && due !== "later") throw badQuery("A job is due now or later.");
  if (changedSince !== undefined && !isWhole(changedSince)) {
    throw badQuery("A time of change is a whole number of milliseconds since 1970.");
  }
  if (!isWhole(limit) || limit < 1 || limit > MAX_PAGE_SIZE) {
    throw badQuery(`A page has 1 to ${MAX_PAGE_SIZE} jobs.`);
  }
  if (search !== undefined && search.length > MAX_ID_LENGTH) {
    throw badQuery("A search has at most 2,000 characters.");
  }
}

function checkLine(
  { kind, search, cursor, stalled, due, changedSince }: ListRequest,
  { statuses, limit }: Checked,
): JobQuery {
  if (!isOnly(statuses, "PENDING") || kind || search || stalled || changedSince !== undefined) {
    throw badQuery("Only PENDING jobs stand in line, and all of them: ask for that status and nothing else.");
  }
  return {
    ...{ limit, values: false, line: true },
    ...(due === undefined ? {} : { due }),
    ...(cursor ? { cursor } : {}),
  };
}

function isOnly(statuses: Checked["statuses"], status: Status): boolean {
  return statuses?.length === 1 && statuses[0] === status;
}

function checkStatuses({ status, statuses, due }: ListRequest): readonly Status[] | undefined {
  const wanted = status === undefined ? statuses ?? (due && ["PENDING"]) : [status];
  const unknown = wanted?.find((one) => !isStatus(one));
  if (unknown !== undefined) throw badQuery(`There is no status "${printable(String(unknown))}".`);
  return wanted && [...new Set(wanted.filter(isStatus))];
}

/** @throws {QueueError} `invalid_query` */
export function checkSeqs(seqs: readonly number[]): readonly number[] {
  if (seqs.length <= MAX_PAGE_SIZE && seqs.every((seq) => isWhole(seq))) return seqs;
  throw badQuery(`Jobs are asked for by their whole numbers, ${MAX_PAGE_SIZE} at most.`);
}

function badQuery(message: string): QueueError {
  return new QueueError("invalid_query", message);
}
