/**
 * What an action did, as a short code in the address and a sentence on the page.
 *
 * Codes, not sentences: nobody can make this page say something by sending somebody a link.
 */
import type { OperatorVerb } from "@persistent-queue/queue";

const SENTENCES = {
  added: "The job is added.",
  replaced: "The job starts afresh.",
  waiting: "A job of this id was here already, and is untouched.",
  none: "No job was selected.",
  working: "This takes a while; the counts show how far it is.",
  crashed: "The consumer was told to crash.",
  hung: "The consumer was told to hang.",
  gone: "There is no such consumer any more.",
  unknown: "There is no such job any more.",
} as const;

export type PlainNote = keyof typeof SENTENCES;

const DONE = { resubmit: "Resubmitted", cancel: "Canceled" } as const satisfies Record<OperatorVerb, string>;

/** How many jobs were moved, and how many could not be. */
export function movedNote(verb: OperatorVerb, moved: number, refused: number): string {
  return `${verb}.${moved}.${refused}`;
}

/** How many stalled jobs went back to the queue. */
export function sweptNote(requeued: number): string {
  return `swept.${requeued}`;
}

/** The sentence of a code; empty for what is none of ours. */
export function sentenceOf(note: string): string {
  if (Object.hasOwn(SENTENCES, note)) return SENTENCES[note as PlainNote];
  const requeued = /^swept\.(\d{1,9})$/.exec(note)?.[1];
  if (requeued !== undefined) return sweptSentence(Number(requeued));
  const [, verb, moved, refused] = /^(resubmit|cancel)\.(\d{1,9})\.(\d{1,9})$/.exec(note) ?? [];
  if (verb === undefined) return "";
  const done = `${DONE[verb as OperatorVerb]} ${jobs(Number(moved))}.`;
  if (refused === "0") return done;
  const rest = `${jobs(Number(refused))} had moved on, and stayed as they were.`;
  return moved === "0" ? `Nothing was changed: ${rest}` : `${done} ${rest}`;
}

function sweptSentence(requeued: number): string {
  if (requeued === 0) return "Checked: no job is stalled.";
  return `Checked: ${jobs(requeued)} had stalled and went back to the queue.`;
}

function jobs(n: number): string {
  return n === 1 ? "1 job" : `${n.toLocaleString("en")} jobs`;
}
