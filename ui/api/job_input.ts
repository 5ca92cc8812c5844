/** Checks the shape of jobs that scripts send. What the values may be is the queue's business. */
import { type JobRequest, mapInTurns, printable } from "@persistent-queue/queue";
import { DUE_TIME_FORM, parseDueTime } from "./due_time.ts";
import { fieldsOf, invalid, optionalFlag, optionalNumber, optionalText, type Place } from "./fields.ts";
import type { HttpError } from "../http/errors.ts";

/** How many jobs one request may bring. */
export const MAX_JOBS = 10_000;

/** @throws {HttpError} 400 that names the field, and the job's place in an array */
export async function jobInput(body: unknown): Promise<JobRequest[]> {
  if (!Array.isArray(body)) return [jobRequest(body, { where: "The job", code: "invalid_job" })];
  if (body.length > MAX_JOBS) throw tooManyJobs(body.length);
  return await mapInTurns(
    body,
    (item, index) => jobRequest(item, { where: `Job ${index + 1}`, code: "invalid_job" }),
  );
}

export function tooManyJobs(count: number): HttpError {
  return invalid(`At most ${MAX_JOBS.toLocaleString("en")} jobs at once; these are ${count}.`, {
    code: "invalid_job",
  });
}

function jobRequest(item: unknown, place: Place): JobRequest {
  const fields = ["id", "kind", "payload", "priority", "run_at", "replace"] as const;
  const given = fieldsOf(item, fields, place);
  return withoutGaps({
    id: optionalText(given.id, "id", place),
    kind: optionalText(given.kind, "kind", place),
    payload: given.payload,
    priority: optionalNumber(given.priority, "priority", place),
    runAt: time(given.run_at, place),
    replace: optionalFlag(given.replace, "replace", place),
  });
}

/** Milliseconds since 1970, or a time such as `2030-01-31T12:00:00Z`. */
function time(value: unknown, place: Place): number | undefined {
  if (typeof value === "boolean") {
    throw invalid(`${place.where}: run_at must be milliseconds since 1970, or ${DUE_TIME_FORM}.`, place);
  }
  if (typeof value !== "string") return optionalNumber(value, "run_at", place);
  const due = parseDueTime(value);
  if ("ms" in due) return due.ms;
  throw invalid(`${place.where}: run_at "${printable(value, { maxLength: 60 })}" ${due.problem}.`, place);
}

type WithoutGaps<Fields> = { [name in keyof Fields]?: Exclude<Fields[name], undefined> };

/** Leaves out what is `undefined`: "not given" and "given as nothing" are two things. */
function withoutGaps<Fields extends object>(fields: Fields): WithoutGaps<Fields> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as WithoutGaps<
    Fields
  >;
}
