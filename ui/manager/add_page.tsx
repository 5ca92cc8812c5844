/** The form for a job to add by hand. */
import type { ComponentChildren } from "preact";
import { MAX_ID_LENGTH, MAX_PRIORITY } from "@persistent-queue/queue";
import { jobPath } from "./list_query.ts";

export interface AddForm {
  readonly kind: string;
  readonly id: string;
  readonly payload: string;
  readonly priority: string;
  readonly runAt: string;
  /** Whether a finished job with this id is replaced: offered once there is one. */
  readonly replace: boolean;
}

/** The fields with a label, a hint and an error of their own. */
export type FieldName = Exclude<keyof AddForm, "replace">;

export interface AddError {
  readonly message: string;
  /** The field below which it is shown; null: above the form. */
  readonly field: FieldName | null;
  /** The id of the job that is in the way. */
  readonly existing?: string;
}

interface AddPageProps {
  readonly form: AddForm;
  readonly kinds: readonly string[];
  /** Those whose jobs wait because no handler can run them. */
  readonly parkedKinds: readonly string[];
  readonly error: AddError | null;
}

const ERROR_ID = "add-error";

export const EMPTY_FORM: AddForm = { kind: "", id: "", payload: "", priority: "", runAt: "", replace: false };

/** The form for a job. After an error it keeps what was typed. */
export function AddPage({ form, kinds, parkedKinds, error }: AddPageProps) {
  const toField = (name: FieldName) => ({ name, error: error?.field === name ? error.message : null });
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
        {(error?.existing !== undefined || form.replace) && (
          <Replace isOn={form.replace} existing={error?.existing ?? null} />
        )}
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

function Replace({ isOn, existing }: { readonly isOn: boolean; readonly existing: string | null }) {
  return (
    <p class="field replace">
      <label class="choice">
        <input type="checkbox" name="replace" value="1" checked={isOn} />{" "}
        Replace the finished job with this id: it starts afresh, as described here
      </label>
      {existing !== null && <a class="small" href={jobPath(existing)}>See that job</a>}
    </p>
  );
}

/** The name, label and hint of each field. */
const FIELDS: Readonly<Record<FieldName, { sentAs: string; label: string; hint: string | null }>> = {
  kind: { sentAs: "kind", label: "Kind", hint: null },
  id: {
    sentAs: "id",
    label: "Id",
    hint:
      "A file job is named by its path, such as data/files/abc.txt. Others get an id if you leave this empty.",
  },
  payload: { sentAs: "payload", label: "Payload", hint: "JSON; empty for none." },
  priority: { sentAs: "priority", label: "Priority", hint: "From -100 to 100; higher runs first." },
  runAt: {
    sentAs: "run_at",
    label: "Due",
    hint:
      "A time with its zone, such as 2030-01-31T12:00:00Z, or a span such as 15m, 2h or 3d; empty for now.",
  },
};

interface FieldProps {
  readonly name: FieldName;
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

function attributesOf(name: FieldName, error: string | null) {
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
