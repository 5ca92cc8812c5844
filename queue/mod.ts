/** The public API of the queue: the only module that the rest of the system may import. */
export * from "./job.ts";
export { type Attempt, attemptsOf } from "./attempts.ts";
export * from "./errors.ts";
export * from "./events.ts";
export type * from "./recent_event.ts";
export type * from "./roles.ts";
export type * from "./store.ts";
export { getQueue, type OpenOptions, openStore, SCHEMES } from "./get_queue.ts";
export { Queue } from "./queue.ts";
export { misreadSqliteAddress } from "./sqlite_address.ts";
export { inTurns, mapInTurns, yieldToEventLoop } from "./yield_to_event_loop.ts";
export { InexactNumber } from "./exact_json.ts";
export { DoubledKey } from "./json_scanner.ts";
export { JsonText } from "./json_text.ts";
export { editDistance, nearest } from "./nearest.ts";
export { Semaphore } from "./semaphore.ts";
export { printable } from "./printable.ts";
export { makeConsoleUnfailing } from "./unfailing_console.ts";
