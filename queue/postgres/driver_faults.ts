/**
 * Two faults of the driver (3.4.9) when a connection closes just before a write: the pending write throws an error that no
 * caller can catch, and a connection that was closed this way may never write again.
 */
import { messageOf } from "../errors.ts";

/** Thrown in a timer of the driver. The callers learn in another way that the connection is closed. */
function isStrayWrite(error: unknown): boolean {
  return error instanceof TypeError && messageOf(error).includes("'write'") &&
    /nextWrite.*postgres.*connection/.test(error.stack ?? "");
}

let isWatching = false;

/** Keeps a pending write from ending the process. */
export function ignoreStrayWrites(): void {
  if (isWatching) return;
  isWatching = true;
  globalThis.addEventListener("error", (event) => {
    if (isStrayWrite(event.error)) event.preventDefault();
  });
}

const LOST = new Set([
  ...["CONNECTION_CLOSED", "CONNECTION_ENDED", "CONNECTION_DESTROYED", "CONNECT_TIMEOUT"],
  ...["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "57P01", "57P02", "57P03"],
]);

/** Whether the connection is gone: its driver is not used again. */
export function isConnectionLost(error: unknown): boolean {
  return error instanceof Error && "code" in error && LOST.has(String(error.code));
}
