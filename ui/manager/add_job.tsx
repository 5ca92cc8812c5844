/** Adding a job by hand: the form, and the job that it describes. */
import type { ComponentChildren } from "preact";
import {
  type Enqueuer,
  type JobRequest,
  MAX_ID_LENGTH,
  MAX_PRIORITY,
  messageOf,
  QueueError,
} from "@persistent-queue/queue";
import { type DueTime, parseDelay, parseDueTime } from "../api/due_time.ts";
import { jsonText } from "../api/parse_json.ts";
import { HttpError } from "../http/errors.ts";
import type { PlainNote } from "./flash.ts";

export interface AddForm {
  readonly kind: string;
  readonly id: string;
  readonly payload: string;
  readonly priority: string;
  readonly runAt: string;
}

export interface AddError {
  readonly message: string;
  /** The field below which it is shown; null: above the form. */
  readonly field: keyof AddForm | null;
}

interface AddPageProps {
  readonly form: AddForm;
  readonly kinds: readonly string[];
  /** Those whose jobs wait because no handler can run them. */
  readonly parkedKinds: readonly string[];
  readonly error: AddError | null;
}

const ERROR_ID = "add-error";

export const EMPTY_FORM: AddForm = { kind: "", id: "", payload: "", priority: "", runAt: "" };

/** The form for a job. After an error it keeps what was typed. */
export function AddPage({ form, kinds, parkedKinds, error }: AddPageProps) {
  const toField = (name: keyof AddForm) => ({ name, error: error?.field === name ? error.message : null });
  const plain = { autocomplete: "off", spellcheck: false } as const;
  return (
    <div class="narrow stack">
      <h1>Add a job</h1>
      {error?.field === null && <p class="message message-danger" role="alert">{error.message}</p>}
      <form method="post" action="/add" class="panel panel-body stack" data-plain>
        <Field {...toField("kind")}>
          {(control) => (
            <select {...control} required>
              {kinds.length > 1 && <option value="" selected={form.kind === ""}>Choose a kind</option>}
              {kinds.map((kind) => (
                <option key={kind} value={kind} selected={kind === form.kind}>
                  {parkedKinds.includes(kind)
                    ? `${kind} – its handler cannot be loaded, so its jobs wait`
                    : kind}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field {...toField("id")}>
          {(control) => <input {...control} {...plain} maxLength={MAX_ID_LENGTH} value={form.id} />}
        </Field>
        <Field {...toField("payload")}>
          {(control) => <textarea {...control} rows={6} spellcheck={false}>{form.payload}</textarea>}
        </Field>
        <Field {...toField("priority")}>
          {(control) => (
            <input
              {...control}
              type="number"
              min={-MAX_PRIORITY}
              max={MAX_PRIORITY}
              step={1}
              value={form.priority}
              placeholder="0"
            />
          )}
        </Field>
        <Field {...toField("runAt")}>
          {(control) => <input {...control} {...plain} maxLength={60} value={form.runAt} />}
        </Field>
        <div class="row">
          <button type="submit" class="primary">Add job</button>
          <a class="button" href="/">Back</a>
        </div>
      </form>
    </div>
  );
}

/** The name, label and hint of each field. */
const FIELDS: Readonly<Record<keyof AddForm, { sentAs: string; label: string; hint: string | null }>> = {
  kind: { sentAs: "kind", label: "Kind", hint: null },
  id: {
    sentAs: "id",
    label: "Id",
    hint:
      "A file job is named by its path, such as data/files/abc.txt. Others get an id if you leave this empty.",
  },
  payload: { sentAs: "payload", label: "Payload", hint: "JSON; empty for none." },
  priority: { sentAs: "priority", label: "Priority", hint: "From −100 to 100; higher runs first." },
  runAt: {
    sentAs: "run_at",
    label: "Not before",
    hint:
      "A time with its zone, such as 2030-01-31T12:00:00Z, or a span such as 15m, 2h or 3d; empty for now.",
  },
};

interface FieldProps {
  readonly name: keyof AddForm;
  readonly error: string | null;
  /** Renders the control with these attributes. */
  readonly children: (control: ReturnType<typeof attributesOf>) => ComponentChildren;
}

/** A control with its label, its hint, and its error message. */
function Field({ name, error, children }: FieldProps) {
  const { label, hint } = FIELDS[name];
  const control = attributesOf(name, error);
  return (
    <div class="field">
      <label for={control.id}>{label}</label>
      {children(control)}
      {hint !== null && <p class="hint" id={hintIdOf(control.id)}>{hint}</p>}
      {error !== null && <p class="message message-danger" role="alert" id={ERROR_ID}>{error}</p>}
    </div>
  );
}

function attributesOf(name: keyof AddForm, error: string | null) {
  const { sentAs, hint } = FIELDS[name];
  const id = `add-${sentAs.replaceAll("_", "-")}`;
  const describedBy = [...hint === null ? [] : [hintIdOf(id)], ...error === null ? [] : [ERROR_ID]];
  return {
    id,
    name: sentAs,
    ...(describedBy.length > 0 ? { "aria-describedby": describedBy.join(" ") } : {}),
    ...(error === null ? {} : { "aria-invalid": true, autofocus: true }),
  };
}

function hintIdOf(id: string): string {
  return `${id}-hint`;
}

type AddOutcome =
  | { readonly ok: true; readonly id: string; readonly note: PlainNote }
  | { readonly ok: false; readonly error: AddError; readonly status: 400 | 409 };

/** Does not throw for anything that a person may type. @throws {StorageError} */
export async function addJob(queue: Enqueuer, form: AddForm, now: number): Promise<AddOutcome> {
  const payload = await parsePayload(form.payload);
  if (!payload.ok) return refused(payload.reason, "payload");
  const due = dueTimeOf(form.runAt, now);
  if (due !== null && "problem" in due) {
    return refused(`Not before: "${form.runAt}" ${due.problem}.`, "runAt");
  }
  try {
    const [added] = await queue.add([{
      ...requestOf(form, payload.value),
      ...(due === null ? {} : { runAt: due.ms }),
    }]);
    if (added === undefined) throw new Error("The queue returned nothing for a job that was added");
    return { ok: true, id: added.job.id, note: added.differs ? "differs" : added.outcome };
  } catch (error) {
    if (!(error instanceof QueueError) || error.code === "storage") throw error;
    return refused(error.message, fieldOf(error, form), error.code === "duplicate_job" ? 409 : 400);
  }
}

function refused(message: string, field: AddError["field"], status: 400 | 409 = 400): AddOutcome {
  return { ok: false, error: { message, field }, status };
}

/** Null if the error may be about any of them. */
function fieldOf({ code }: QueueError, { id, priority }: AddForm): AddError["field"] {
  if (code === "duplicate_job") return "id";
  if (code === "unknown_kind") return "kind";
  if (priority !== "" && !/^[-+]?\d{1,2}$|^[-+]?100$/.test(priority)) return "priority";
  return id === "" ? "id" : null;
}

function requestOf({ kind, id, priority }: AddForm, payload: unknown): JobRequest {
  return {
    payload,
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
