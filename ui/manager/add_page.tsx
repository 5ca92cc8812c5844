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
  /** The message below its field, and what leads there. */
  const errorAt = (field: keyof AddForm) =>
    error?.field === field
      ? <p class="message message-danger" role="alert" id={ERROR_ID}>{error.message}</p>
      : null;
  const describedBy = (field: keyof AddForm, hint?: string) => {
    const isWrong = error?.field === field;
    const ids = [...hint === undefined ? [] : [hint], ...isWrong ? [ERROR_ID] : []];
    return {
      ...(ids.length > 0 ? { "aria-describedby": ids.join(" ") } : {}),
      ...(isWrong ? { "aria-invalid": true, autofocus: true } : {}),
    };
  };
  return (
    <div class="narrow stack">
      <h1>Add a job</h1>
      {error?.field === null && <p class="message message-danger" role="alert">{error.message}</p>}
      <form method="post" action="/add" class="panel panel-body stack" data-plain>
        <div class="field">
          <label for="add-kind">Kind</label>
          <select id="add-kind" name="kind" {...describedBy("kind")}>
            {kinds.map((kind) => <option key={kind} value={kind} selected={kind === form.kind}>{kind}
            </option>)}
          </select>
          {errorAt("kind")}
        </div>
        <div class="field">
          <label for="add-id">Id</label>
          <input
            id="add-id"
            name="id"
            maxLength={2000}
            value={form.id}
            autocomplete="off"
            spellcheck={false}
            {...describedBy("id", "add-id-hint")}
          />
          <p class="hint" id="add-id-hint">
            A file job is named by its path, such as data/files/abc.txt. Others get an id if you leave this
            empty.
          </p>
          {errorAt("id")}
        </div>
        <div class="field">
          <label for="add-payload">Payload</label>
          <textarea
            id="add-payload"
            name="payload"
            rows={6}
            spellcheck={false}
            {...describedBy("payload", "add-payload-hint")}
          >
            {form.payload}
          </textarea>
          <p class="hint" id="add-payload-hint">JSON; empty for none.</p>
          {errorAt("payload")}
        </div>
        <div class="field">
          <label for="add-priority">Priority</label>
          <input
            id="add-priority"
            name="priority"
            type="number"
            min={-100}
            max={100}
            step={1}
            value={form.priority}
            placeholder="0"
            {...describedBy("priority", "add-priority-hint")}
          />
          <p class="hint" id="add-priority-hint">From −100 to 100; higher runs first.</p>
          {errorAt("priority")}
        </div>
        <div class="field">
          <label for="add-run-at">Not before</label>
          <input
            id="add-run-at"
            name="run_at"
            maxLength={60}
            value={form.runAt}
            autocomplete="off"
            spellcheck={false}
            {...describedBy("runAt", "add-run-at-hint")}
          />
          <p class="hint" id="add-run-at-hint">
            A time with its zone, such as 2030-01-31T12:00:00Z, or a span such as 15m, 2h or 3d; empty for
            now.
          </p>
          {errorAt("runAt")}
        </div>
        <div class="row">
          <button type="submit" class="primary">Add job</button>
          <a class="button" href="/">Back</a>
        </div>
      </form>
    </div>
  );
}
