/**
 * Two faults of the driver (3.4.9) when a connection closes while something is about to be written to it: what was left
 * to write is thrown as an error that no caller can catch, and a connection that was closed so may never write again.
 */
import { messageOf } from "../errors.ts";

/** Thrown by a timer of the driver. Its callers hear that the connection is closed. */
function isLeftWrite(error: unknown): boolean {
  return error instanceof TypeError && messageOf(error).includes("'write'") &&
    /nextWrite.*postgres.*connection/.test(error.stack ?? "");
}

let isWatching = false;

/** Keeps a write that was left behind from ending the process. */
export function ignoreLeftWrites(): void {
  if (isWatching) return;
  isWatching = true;
  globalThis.addEventListener("error", (event) => {
    if (isLeftWrite(event.error)) event.preventDefault();
  });
}

const BROKEN = new Set([
  ...["CONNECTION_CLOSED", "CONNECTION_ENDED", "CONNECTION_DESTROYED", "CONNECT_TIMEOUT"],
  ...["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "57P01", "57P02", "57P03"],
]);

/** Whether the connection is gone: the driver's part of it is not used again. */
export function isConnectionLost(error: unknown): boolean {
  return error instanceof Error && "code" in error && BROKEN.has(String(error.code));
}
