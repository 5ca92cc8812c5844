/**
 * Validates what scripts send, field by field, with a sentence about what is wrong: the shape of jobs (the queue itself
 * checks their values), and which jobs to list, resubmit or cancel.
 */
import {
  isStatus,
  type JobFilter,
  type JobRequest,
  mapInTurns,
  nearest,
  printable,
  STATUSES,
} from "@persistent-queue/queue";
import { HttpError } from "../http/errors.ts";
import { DUE_TIME_FORM, parseDueTime, parseSince } from "./due_time.ts";

/** How many jobs one request may contain. */
export const MAX_JOBS = 10_000;

/** @throws {HttpError} 400 that names the field, and the job's index in an array */
export async function jobInput(body: unknown): Promise<JobRequest[]> {
  if (!Array.isArray(body)) return [jobRequest(body, { name: "The job", code: "invalid_job" })];
  if (body.length > MAX_JOBS) throw tooManyJobs(body.length);
  return await mapInTurns(
    body,
    (item, index) => jobRequest(item, { name: `Job ${index + 1}`, code: "invalid_job" }),
  );
}

export function tooManyJobs(count: number): HttpError {
  return invalid(
    `At most ${MAX_JOBS.toLocaleString("en")} jobs at once; these are ${count.toLocaleString("en")}.`,
    {
      code: "invalid_job",
    },
  );
}

function jobRequest(item: unknown, part: BodyPart): JobRequest {
  const fields = ["id", "kind", "payload", "priority", "run_at", "replace"] as const;
  const given = fieldsOf(item, fields, part);
  return withoutGaps({
    id: optionalText(given.id, "id", part),
    kind: optionalText(given.kind, "kind", part),
    payload: given.payload,
    priority: optionalNumber(given.priority, "priority", part),
    runAt: time(given.run_at, part),
    replace: optionalFlag(given.replace, "replace", part),
  });
}

/** Milliseconds since 1970, or a time such as `2030-01-31T12:00:00Z`. */
function time(value: unknown, part: BodyPart): number | undefined {
  if (typeof value === "boolean") {
    throw invalid(`${part.name}: run_at must be milliseconds since 1970, or ${DUE_TIME_FORM}.`, part);
  }
  if (typeof value !== "string") return optionalNumber(value, "run_at", part);
  const due = parseDueTime(value);
  if ("ms" in due) return due.ms;
  throw invalid(`${part.name}: run_at "${printable(value, { maxLength: 60 })}" ${due.problem}.`, part);
}

type WithoutGaps<Fields> = { [name in keyof Fields]?: Exclude<Fields[name], undefined> };

/** Leaves out what is `undefined`: "not given" and "given as nothing" are two things. */
function withoutGaps<Fields extends object>(fields: Fields): WithoutGaps<Fields> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as WithoutGaps<
    Fields
  >;
}

const MAX_IDS = 10_000;
const QUERY = { code: "invalid_query" } as const;

type MoveInput = { readonly ids: readonly string[] } | { readonly filter: JobFilter };

/** @throws {HttpError} 400 */
export function moveInput(body: unknown, now: number): MoveInput {
  const part = { name: "The body", ...QUERY };
  const { ids, filter, all } = fieldsOf(body, ["ids", "filter", "all"], part);
  if ((ids === undefined) === (filter === undefined)) {
    throw invalid('Say which jobs: either {"ids": […]} or {"filter": {…}}.', QUERY);
  }
  const isAll = optionalFlag(all, "all", part) ?? false;
  if (ids === undefined) return { filter: confirmedFilter(filterOf(filter, now), { isAll }) };
  if (isAll) throw invalid('"all" goes with a filter, not with ids.', QUERY);
  return { ids: idsOf(ids) };
}

/** A filter built from empty fields would move every job there is, so that must be requested explicitly. */
function confirmedFilter(filter: JobFilter, { isAll }: { readonly isAll: boolean }): JobFilter {
  if (isAll || Object.keys(filter).length > 0) return filter;
  throw invalid('An empty filter means every job there is: if you mean that, add "all": true.', QUERY);
}

function idsOf(ids: unknown): string[] {
  if (!Array.isArray(ids) || ids.length === 0 || !ids.every((id) => typeof id === "string")) {
    throw invalid("ids must be a list of job ids, with at least one.", QUERY);
  }
  if (ids.length > MAX_IDS) {
    throw invalid(
      `At most ${MAX_IDS.toLocaleString("en")} ids at once; these are ${ids.length.toLocaleString("en")}.`,
      QUERY,
    );
  }
  return [...new Set(ids)];
}

function filterOf(filter: unknown, now: number): JobFilter {
  const part = { name: "The filter", ...QUERY };
  const fields = fieldsOf(filter, FILTER_FIELDS, part);
  const texts = FILTER_FIELDS.map((name) => [name, optionalText(fields[name], name, part)]);
  return jobFilter(Object.fromEntries(texts), now);
}

/** Refuses a field of an address or a form that is given twice: of two values, only one would count. @throws {HttpError} 400 */
export function assertGivenOnce(fields: URLSearchParams): void {
  const seen = new Set<string>();
  for (const name of fields.keys()) {
    if (seen.has(name)) throw givenTwice(name);
    seen.add(name);
  }
}

function givenTwice(name: string): HttpError {
  const hint = name === "status" ? "; several statuses are separated by commas: status=FAILED,CANCELED" : "";
  const shown = printable(name, { maxLength: 60 });
  return invalid(`The parameter "${shown}" is given twice: give it once${hint}.`, QUERY);
}

export const FILTER_FIELDS = ["status", "kind", "q", "due", "changed_since"] as const;

type FilterFields = { readonly [name in typeof FILTER_FIELDS[number]]?: string | undefined };

/** Statuses are separated by commas. Empty text means "not given": `?status=&kind=`. @throws {HttpError} 400 */
export function jobFilter({ status, kind, q, due, changed_since }: FilterFields, now: number): JobFilter {
  const statuses = (status ?? "").split(",").filter((word) => word !== "");
  const stranger = statuses.find((word) => !isStatus(word));
  if (stranger !== undefined) {
    throw invalid(`There is no status "${stranger.slice(0, 60)}". There are ${STATUSES.join(", ")}.`, QUERY);
  }
  const [only, ...others] = statuses.filter(isStatus);
  return {
    ...(only === undefined ? {} : others.length === 0 ? { status: only } : { statuses: [only, ...others] }),
    ...(kind ? { kind } : {}),
    ...(q ? { search: q } : {}),
    ...(due ? dueOf(due, statuses) : {}),
    ...(changed_since ? { changedSince: changedSinceOf(changed_since, now) } : {}),
  };
}

/** Only PENDING jobs wait until they are due. */
function dueOf(due: string, statuses: readonly string[]): Pick<JobFilter, "status" | "due"> {
  if (due !== "now" && due !== "later") {
    throw invalid(`"due" is "now" or "later", not "${due.slice(0, 60)}".`, QUERY);
  }
  if (statuses.some((status) => status !== "PENDING")) {
    throw invalid(
      'Only PENDING jobs are due now or later: "due" goes with that status, or with none.',
      QUERY,
    );
  }
  return { status: "PENDING", due };
}

/** `15m`, `2h`, `3d` before `now`, or a time with a zone. */
function changedSinceOf(text: string, now: number): number {
  const since = parseSince(text);
  if ("at" in since) return since.at(now);
  throw invalid(`"changed_since" ${since.problem}, or a span such as 15m, 2h or 3d.`, QUERY);
}

/** The part of the body that is being read, as error messages name it, and the code of those errors. */
interface BodyPart {
  readonly name: string;
  readonly code: "invalid_job" | "invalid_query";
}

export function invalid(message: string, { code }: Pick<BodyPart, "code">): HttpError {
  return new HttpError(400, code, message);
}

/**
 * The fields of a JSON object that may have these and no others.
 * @throws {HttpError} 400, with a suggestion for a misspelt name
 */
function fieldsOf<Name extends string>(
  value: unknown,
  names: readonly Name[],
  part: BodyPart,
): { readonly [name in Name]?: unknown } {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalid(`${part.name} must be an object. Its fields: ${names.join(", ")}.`, part);
  }
  const stranger = Object.keys(value).find((name) => !(names as readonly string[]).includes(name));
  if (stranger === undefined) return value;
  const meant = nearest(stranger.slice(0, 60), names);
  const hint = meant === null ? `Its fields: ${names.join(", ")}.` : `Did you mean "${meant}"?`;
  throw invalid(`${part.name} has an unknown field "${stranger.slice(0, 60)}". ${hint}`, part);
}

/** A value of this type; JSON's null means "not given". @throws {HttpError} 400 */
function optionalText(value: unknown, name: string, part: BodyPart): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw invalid(`${part.name}: ${name} must be text.`, part);
  return value;
}

function optionalNumber(value: unknown, name: string, part: BodyPart): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "number") throw invalid(`${part.name}: ${name} must be a number.`, part);
  return value;
}

function optionalFlag(value: unknown, name: string, part: BodyPart): boolean | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "boolean") throw invalid(`${part.name}: ${name} must be true or false.`, part);
  return value;
}
