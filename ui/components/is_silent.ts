/** Heartbeats come every second: three missed ones are worth a mark. */
const SILENT_MS = 3_000;

/** By the server's own word: that a page hears nothing is no proof against a consumer. Milliseconds. */
export function isSilent(heartbeatAgeMs: number): boolean {
  return heartbeatAgeMs > SILENT_MS;
}
