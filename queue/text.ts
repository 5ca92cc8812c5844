/**
 * The small public API for threads: wording of errors and ids, exact numbers, and a console that never fails. A thread
 * that imports this instead of `mod.ts` does not load the storage, which would cost a third of its start.
 */
export { messageOf } from "./errors.ts";
export { assertExact, exactJson, InexactNumber } from "./exact_json.ts";
export { printable } from "./printable.ts";
export { makeConsoleUnfailing } from "./unfailing_console.ts";
