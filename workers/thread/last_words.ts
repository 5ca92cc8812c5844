/// <reference lib="deno.worker" />
/**
 * What a handler throws where nobody can catch it, from a timer for instance, ends its thread, and the runtime prints
 * it on the terminal as it is. It may repeat what came with a job, so it is made harmless first.
 */
import { messageOf, printable } from "@persistent-queue/queue/words";

const MAX_LENGTH = 2_000;

class LastWords extends Error {}

/** For as long as the thread lives. */
export function keepLastWordsHarmless(): void {
  self.addEventListener("error", (event) => say(event, event.error));
  self.addEventListener("unhandledrejection", (event) => say(event, event.reason));
}

function say(event: Event, thrown: unknown): void {
  if (thrown instanceof LastWords) return;
  event.preventDefault();
  const words = new LastWords(printable(messageOf(thrown), { maxLength: MAX_LENGTH }));
  words.stack = `${words}${thrown instanceof Error ? placesIn(thrown) : ""}`;
  reportError(words);
}

/** The lines of a stack that tell where it was, which stand behind the message. */
function placesIn({ name, message, stack = "" }: Error): string {
  const head = `${name}: ${message}`;
  if (!stack.startsWith(head)) return "";
  return stack.slice(head.length).split("\n").map((line) => printable(line)).join("\n");
}
