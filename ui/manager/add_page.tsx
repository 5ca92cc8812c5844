export interface AddForm {
  readonly kind: string;
  readonly id: string;
  readonly payload: string;
  readonly priority: string;
  readonly runAt: string;
}

export interface AddPageProps {
  readonly form: AddForm;
  readonly kinds: readonly string[];
  readonly error: string | null;
}

export const EMPTY_FORM: AddForm = { kind: "", id: "", payload: "", priority: "", runAt: "" };

/** A job by hand. What was typed comes back with whatever is wrong with it. */
export function AddPage({ form, kinds, error }: AddPageProps) {
  return (
    <div class="narrow stack">
      <h1>Add a job</h1>
      {error !== null && <p class="message message-danger" role="alert">{error}</p>}
      <form method="post" action="/add" class="panel panel-body stack" data-plain>
        <div class="field">
          <label for="add-kind">Kind</label>
          <select id="add-kind" name="kind">
            {kinds.map((kind) => <option key={kind} value={kind} selected={kind === form.kind}>{kind}
            </option>)}
          </select>
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
            aria-describedby="add-id-hint"
          />
          <p class="hint" id="add-id-hint">
            A file job is named by its path, such as data/files/abc.txt. Others get an id if you leave this
            empty.
          </p>
        </div>
        <div class="field">
          <label for="add-payload">Payload</label>
          <textarea
            id="add-payload"
            name="payload"
            rows={6}
            spellcheck={false}
            aria-describedby="add-payload-hint"
          >
            {form.payload}
          </textarea>
          <p class="hint" id="add-payload-hint">JSON; empty for none.</p>
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
            aria-describedby="add-priority-hint"
          />
          <p class="hint" id="add-priority-hint">From −100 to 100; higher runs first.</p>
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
            aria-describedby="add-run-at-hint"
          />
          <p class="hint" id="add-run-at-hint">
            A time with its zone, such as 2030-01-31T12:00:00Z, or a span such as 15m, 2h or 3d; empty for
            now.
          </p>
        </div>
        <div class="row">
          <button type="submit" class="primary">Add job</button>
          <a class="button" href="/">Back</a>
        </div>
      </form>
    </div>
  );
}
