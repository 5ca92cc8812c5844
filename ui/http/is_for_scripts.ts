/** Addresses that programs use: they want JSON, not a page, and may bring the token. */
export function isForScripts(path: string): boolean {
  return /^\/(?:api(?:\/|$)|events$|metrics$|healthz$|live$|ready$)/.test(path);
}
