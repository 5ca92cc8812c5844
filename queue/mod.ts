/** The public API of the queue: the only module that the rest of the system may import. */

// The contract: what a job is, what each part may ask of the queue, and what a backend has to do.
export * from "./job.ts";
export * from "./errors.ts";
export * from "./events.ts";
export type { SharedByHosts } from "./capabilities.ts";
export type { Durability } from "./durability.ts";
export type { AttemptReport, Outcome, Verdict } from "./ending.ts";
export type { Fact } from "./facts.ts";
export type * from "./processes.ts";
export type * from "./queue_stats.ts";
export type * from "./roles.ts";
export type * from "./store.ts";
export type * from "./system_view.ts";

// The queue.
export { openAtRest } from "./copying/at_rest.ts";
export { type CopiedQueue, type CopyProgress, copyQueue } from "./copying/copy_queue.ts";
export {
  getQueue,
  misreadQueueUrl,
  type OpenOptions,
  openStore,
  placeOfQueue,
  POSTGRES_TLS_MODES,
} from "./get_queue.ts";
export { QUEUE_DEFAULTS } from "./options.ts";
export { Queue } from "./queue.ts";
export { type Attempt, attemptsOf } from "./inspecting/attempts.ts";
export { MAX_PAGE_SIZE, PAGE_SIZE, pagesOf } from "./inspecting/pages.ts";
export { isInMemory } from "./in_memory.ts";

// What knows no job.
export { InexactNumber } from "./basics/exact_json.ts";
export { EXIT, type ExitCode } from "./basics/exit_codes.ts";
export { fieldsIn } from "./basics/fields_in.ts";
export { PRIVATE_FILE, PRIVATE_FOLDER, whyClosed } from "./basics/files.ts";
export { DuplicateJobs, whyRefused } from "./adding/duplicate_jobs.ts";
export { DuplicateKey, JsonText } from "./basics/json_text.ts";
export { isLoopbackAddress, isLoopbackName } from "./basics/loopback.ts";
export { Semaphore } from "./basics/semaphore.ts";
export { editDistance, nearest, printable } from "./basics/text.ts";
export { DAY_MS, HOUR_MS, inTurns, mapInTurns, MINUTE_MS, sleep, yieldToEventLoop } from "./basics/time.ts";
export { makeConsoleUnfailing } from "./basics/unfailing_console.ts";
