/**
 * The result of an action, as a short code in the address and a sentence on the page.
 *
 * Codes, not sentences: otherwise a link could put words into this page.
 */
import { isStatus, MOVES, type OperatorVerb, type Status } from "@persistent-queue/queue";
import type { Note } from "./views.ts";

const SENTENCES = {
  added: ["good", "Job added."],
  replaced: ["good", "The job starts afresh."],
  waiting: ["warning", "A job with this id already exists. It was not changed."],
  differs: [
    "warning",
    "A job with this id already exists, with another payload or kind. It was not changed, and yours was not added.",
  ],
  none: ["warning", "No job was selected."],
  twice: ["warning", "This is already in progress."],
  stopping: ["good", "It stops after the current jobs."],
  ended: ["warning", "It had already ended."],
  crashed: ["good", "The consumer was told to crash."],
  hung: ["good", "The consumer was told to hang."],
  gone: ["warning", "There is no such consumer any more."],
  unknown: ["danger", "There is no such job any more."],
} as const satisfies Record<string, readonly [Note["tone"], string]>;

export type PlainNote = keyof typeof SENTENCES;

/** How many jobs were moved, and how many could not be. */
export function movedNote(verb: OperatorVerb, moved: number, refused: number): string {
  return `${verb}.${moved}.${refused}`;
}

/** Why a job was not moved: its current status, and whether it was different when it was shown. */
export function refusedNote(
  verb: OperatorVerb,
  status: Status,
  why: "illegal" | "changed" | "again",
): string {
  // After a second click it is already done.
  if (status === MOVES[verb].to && why !== "again") return `${verb}.already`;
  return `${verb}.${why}.${status}`;
}

/** How many stalled jobs went back to the queue. */
export function sweptNote(requeued: number): string {
  return `swept.${requeued}`;
}

/** The note of a code; null for an unknown one. */
export function noteOf(code: string): Note | null {
  if (Object.hasOwn(SENTENCES, code)) {
    const [tone, text] = SENTENCES[code as PlainNote];
    return { tone, text };
  }
  const requeued = /^swept\.(\d{1,9})$/.exec(code)?.[1];
  if (requeued !== undefined) return { tone: "good", text: sweptSentence(Number(requeued)) };
  const [, verb, rest = ""] = /^(resubmit|cancel)\.(.+)$/.exec(code) ?? [];
  return verb === undefined ? null : moveNote(verb as OperatorVerb, rest);
}

function moveNote(verb: OperatorVerb, rest: string): Note | null {
  if (rest === "already") return { tone: "good", text: `The job is already ${MOVES[verb].to}.` };
  const [, moved, refused] = /^(\d{1,9})\.(\d{1,9})$/.exec(rest) ?? [];
  if (moved !== undefined) return countedNote(verb, Number(moved), Number(refused));
  const [, why, status] = /^(illegal|changed|again)\.(\w+)$/.exec(rest) ?? [];
  if (why === undefined || !isStatus(status)) return null;
  if (why === "illegal") {
    return { tone: "danger", text: `Nothing was changed: a job that is ${status} cannot be ${DONE[verb]}.` };
  }
  const what = why === "again" ? `${status} again, after another attempt` : `${status} now`;
  return { tone: "warning", text: `This job has changed meanwhile: it is ${what}. Nothing was done.` };
}

const DONE = { resubmit: "resubmitted", cancel: "canceled" } as const satisfies Record<OperatorVerb, string>;
const MOVED = { resubmit: "Resubmitted", cancel: "Canceled" } as const satisfies Record<OperatorVerb, string>;

function countedNote(verb: OperatorVerb, moved: number, refused: number): Note {
  const done = moved === 1 && refused === 0 ? `Job ${DONE[verb]}.` : `${MOVED[verb]} ${jobs(moved)}.`;
  if (refused === 0) {
    return moved === 0 ? { tone: "warning", text: "No job matched." } : { tone: "good", text: done };
  }
  const rest = `${jobs(refused)} had moved on, and stayed as ${refused === 1 ? "it was" : "they were"}.`;
  if (moved === 0) return { tone: "danger", text: `Nothing was changed: ${rest}` };
  return { tone: "warning", text: `${done} ${rest}` };
}

function sweptSentence(requeued: number): string {
  if (requeued === 0) return "Checked: no job is stalled.";
  return `Checked: ${jobs(requeued)} had stalled and went back to the queue.`;
}

function jobs(n: number): string {
  return n === 1 ? "1 job" : `${n.toLocaleString("en")} jobs`;
}
