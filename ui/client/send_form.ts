/** Sends a form in the background, and finds words for what became of it. */
import type { Note } from "../manager/views.ts";

/** Only what the server has said is claimed: it may have acted, and its answer been lost. */
const UNKNOWN = "It is not known whether this was done";
const LOOK = "Look at the jobs before you try again.";
const NOT_DONE = "This was not done";

export interface Sent {
  /** Null: there is nothing to say. */
  readonly note: Note | null;
  /** Whether the server did what it was asked, or said why it did not need to. */
  readonly isAnswered: boolean;
}

export async function sendForm(address: string, fields: FormData): Promise<Sent> {
  const body = new URLSearchParams();
  for (const [name, value] of fields) if (typeof value === "string") body.append(name, value);
  let response: Response;
  try {
    response = await fetch(address, { method: "POST", body, headers: { accept: "application/json" } });
  } catch {
    return failed(`${UNKNOWN}: the answer of the server did not arrive. ${LOOK}`);
  }
  // To the login: a request without a session goes no further.
  if (response.redirected) return failed(`${NOT_DONE}: you are logged out.`);
  return await read(response);
}

async function read(response: Response): Promise<Sent> {
  try {
    const answer = await response.json();
    if (response.ok) return { note: answer.note, isAnswered: true };
    return failed(refusalInWords(response.status, String(answer.error.message)));
  } catch {
    return failed(refusalInWords(response.status, `the server answered with ${response.status}.`));
  }
}

/** A request that is refused has changed nothing; one that failed may have. */
function refusalInWords(status: number, why: string): string {
  if (status >= 400 && status < 500) return `${NOT_DONE}: ${why}`;
  return `${UNKNOWN}: ${why} ${LOOK}`;
}

function failed(text: string): Sent {
  return { note: { tone: "danger", text }, isAnswered: false };
}
