import type { ComponentChildren } from "preact";

export interface AddForm {
  readonly kind: string;
  readonly id: string;
  readonly payload: string;
  readonly priority: string;
  readonly runAt: string;
}

export interface AddError {
  readonly message: string;
  /** Where it is shown; null: above the form. */
  readonly field: keyof AddForm | null;
}

export interface AddPageProps {
  readonly form: AddForm;
  readonly kinds: readonly string[];
  readonly error: AddError | null;
}

const ERROR_ID = "add-error";

export const EMPTY_FORM: AddForm = { kind: "", id: "", payload: "", priority: "", runAt: "" };

/** A job by hand. What was typed comes back with whatever is wrong with it. */
export function AddPage({ form, kinds, error }: AddPageProps) {
  const toField = (name: keyof AddForm) => ({ name, error: error?.field === name ? error.message : null });
  const plain = { autocomplete: "off", spellcheck: false } as const;
  return (
    <div class="narrow stack">
      <h1>Add a job</h1>
      {error?.field === null && <p class="message message-danger" role="alert">{error.message}</p>}
      <form method="post" action="/add" class="panel panel-body stack" data-plain>
        <Field {...toField("kind")}>
          {(control) => (
            <select {...control}>
              {kinds.map((kind) => (
                <option key={kind} value={kind} selected={kind === form.kind}>{kind}</option>
              ))}
            </select>
          )}
        </Field>
        <Field {...toField("id")}>
          {(control) => <input {...control} {...plain} maxLength={2000} value={form.id} />}
        </Field>
        <Field {...toField("payload")}>
          {(control) => <textarea {...control} rows={6} spellcheck={false}>{form.payload}</textarea>}
        </Field>
        <Field {...toField("priority")}>
          {(control) => (
            <input
              {...control}
              type="number"
              min={-100}
              max={100}
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

/** How each field is sent, and what is said about it. */
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

/** A control with its label, its hint, and the message about what is wrong. */
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
