/** Sends forms without leaving the page. */

export interface FormsOptions {
  /** Called with the sentence that says what was done. */
  readonly onDone: (note: string) => void;
  readonly onFailure: () => void;
}

/** Takes over every form that is sent by POST, except those that are marked `data-plain`. */
export function listenToForms({ onDone, onFailure }: FormsOptions): void {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || form.dataset.plain !== undefined) return;
    const button = event.submitter;
    if (form.method !== "post" || !(button instanceof HTMLButtonElement)) return;
    event.preventDefault();
    send(button.formAction, new FormData(form, button)).then(onDone, onFailure);
  });
}

async function send(address: string, fields: FormData): Promise<string> {
  const body = new URLSearchParams();
  for (const [name, value] of fields) if (typeof value === "string") body.append(name, value);
  const answer = await fetch(address, { method: "POST", body, headers: { accept: "application/json" } });
  if (!answer.ok || answer.redirected) throw new Error(`The server answered ${answer.status}`);
  const { note } = await answer.json();
  return String(note);
}
