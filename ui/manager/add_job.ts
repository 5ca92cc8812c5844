/** Adds the job that a form describes. */
import {
  DuplicateJobs,
  type Enqueuer,
  type JobRequest,
  messageOf,
  QueueError,
} from "@persistent-queue/queue";
import { type DueTime, parseDelay, parseDueTime } from "../api/due_time.ts";
import { jsonText } from "../api/parse_json.ts";
import { HttpError } from "../http/errors.ts";
import type { AddError, AddForm } from "./add_page.tsx";
import type { PlainNote } from "./flash.ts";

type AddOutcome =
  | { readonly ok: true; readonly id: string; readonly note: PlainNote }
  | { readonly ok: false; readonly error: AddError; readonly status: 400 | 409 };

/** Does not throw for anything that a person may type. @throws {StorageError} */
export async function addJob(queue: Enqueuer, form: AddForm, now: number): Promise<AddOutcome> {
  const payload = await parsePayload(form.payload);
  if (!payload.ok) return refused(payload.reason, "payload");
  const due = dueTimeOf(form.runAt, now);
  if (due !== null && "problem" in due) {
    return refused(`Due: "${form.runAt}" ${due.problem}.`, "runAt");
  }
  try {
    const [added] = await queue.add([{
      ...requestOf(form, payload.value),
      ...(due === null ? {} : { runAt: due.ms }),
    }]);
    if (added === undefined) throw new Error("The queue returned nothing for a job that was added");
    return { ok: true, id: added.job.id, note: added.differs ? "differs" : added.outcome };
  } catch (error) {
    if (error instanceof DuplicateJobs) return inTheWay(error);
    if (!(error instanceof QueueError) || error.code === "storage") throw error;
    return refused(error.message, fieldOf(error, form));
  }
}

function refused(message: string, field: AddError["field"]): AddOutcome {
  return { ok: false, error: { message, field }, status: 400 };
}

function inTheWay({ outcomes, message }: DuplicateJobs): AddOutcome {
  const job = outcomes[0]?.job;
  if (job === undefined) return refused(message, "id");
  const error = {
    message: `A job with this id exists already and is ${job.status}. Replace it, or choose another id.`,
    field: "id" as const,
    existing: job.id,
  };
  return { ok: false, error, status: 409 };
}

/** Null if the error may be about any of them. */
function fieldOf({ code }: QueueError, { id, priority }: AddForm): AddError["field"] {
  if (code === "unknown_kind") return "kind";
  if (priority !== "" && !/^[-+]?\d{1,2}$|^[-+]?100$/.test(priority)) return "priority";
  return id === "" ? "id" : null;
}

function requestOf({ kind, id, priority, replace }: AddForm, payload: unknown): JobRequest {
  return {
    ...{ payload, replace },
    ...(id === "" ? {} : { id }),
    ...(kind === "" ? {} : { kind }),
    ...(priority === "" ? {} : { priority: Number(priority) }),
  };
}

/** Null: at once. */
function dueTimeOf(text: string, now: number): DueTime | null {
  if (text === "") return null;
  const delayMs = parseDelay(text);
  return delayMs === null ? parseDueTime(text) : { ms: now + delayMs };
}

type Parsed = { readonly ok: true; readonly value: unknown } | {
  readonly ok: false;
  readonly reason: string;
};

async function parsePayload(text: string): Promise<Parsed> {
  if (text.trim() === "") return { ok: true, value: null };
  try {
    return { ok: true, value: await jsonText(text) };
  } catch (error) {
    if (error instanceof HttpError) return { ok: false, reason: error.message };
    return { ok: false, reason: `The payload is not JSON: ${messageOf(error)}.` };
  }
}
