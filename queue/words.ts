/**
 * The small door: all that a thread needs of the queue at run time is how to word an error and a job's id, and its numbers, and to print
 * without failing.
 * Whoever goes in here does not load the storage, which costs a thread a third of its start.
 */
export { messageOf } from "./errors.ts";
export { assertExact, exactJson, InexactNumber } from "./exact_json.ts";
export { printable } from "./printable.ts";
export { makeConsoleUnfailing } from "./unfailing_console.ts";
