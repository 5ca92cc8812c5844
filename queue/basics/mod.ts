/**
 * The small public API for threads, pages and everything else that needs no storage: wording of errors and ids, exact
 * numbers, durations, sleep, files. A thread that imports this instead of `mod.ts` does not load the storage, which
 * would take a third of its startup time.
 */
export { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, sleep } from "./time.ts";
export { messageOf } from "../errors.ts";
export { assertExact, exactJson, InexactNumber } from "./exact_json.ts";
export { isTooDeep, MAX_DEPTH } from "./json_depth.ts";
export { PRIVATE_FILE, PRIVATE_FOLDER, removeIfThere, statOrNull, whyClosed } from "./files.ts";
export { MAX_PAGE_SIZE, PAGE_SIZE } from "../inspecting/pages.ts";
export { printable } from "./text.ts";
export { makeConsoleUnfailing } from "./unfailing_console.ts";
