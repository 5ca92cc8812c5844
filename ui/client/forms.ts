/** Sends forms without leaving the page. */
import type { Note } from "../manager/views.ts";

export interface FormsOptions {
  /** Called with what was done. Resolves when the page shows it: until then the button stays used. */
  readonly onDone: (note: Note | null, form: HTMLFormElement) => Promise<void>;
  readonly onFailure: () => void;
}

/** Takes over every form that is sent by POST, except those that are marked `data-plain`. */
export function listenToForms({ onDone, onFailure }: FormsOptions): void {
  document.addEventListener("click", ignoreSecondClick, { capture: true });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || form.dataset.plain !== undefined) return;
    const button = event.submitter;
    if (form.method !== "post" || !(button instanceof HTMLButtonElement)) return;
    event.preventDefault();
    if (button.ariaDisabled === "true") return;
    // Not `disabled`, which would take the focus away.
    button.ariaDisabled = "true";
    // A button without an address of its own says the page's, and not that of its form.
    const address = button.hasAttribute("formaction") ? button.formAction : form.action;
    send(address, new FormData(form, button))
      .then((note) => onDone(note, form), onFailure)
      .finally(() => button.ariaDisabled = null);
  });
}

/** The second click of a double click was meant for the first button, whatever has come in its place. */
function ignoreSecondClick(event: MouseEvent): void {
  const isAction = event.target instanceof Element && event.target.closest(".actions button") !== null;
  if (!isAction || event.detail < 2) return;
  event.preventDefault();
  event.stopPropagation();
}

async function send(address: string, fields: FormData): Promise<Note | null> {
  const body = new URLSearchParams();
  for (const [name, value] of fields) if (typeof value === "string") body.append(name, value);
  const response = await fetch(address, { method: "POST", body, headers: { accept: "application/json" } });
  if (!response.ok || response.redirected) throw new Error(`The server responded with ${response.status}`);
  return (await response.json()).note;
}
