/**
 * Whether a request is written as nginx writes it when it is told nothing but `proxy_pass`: in HTTP/1.0, or with `Host` and
 * `Connection: close` before all that the client sent. No browser and no curl does either.
 */
export function looksRelayed(httpVersion: string, rawHeaders: readonly string[]): boolean {
  const names = rawHeaders.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase());
  const at = names.indexOf("connection");
  if (at < 0 || rawHeaders[2 * at + 1]?.toLowerCase() !== "close") return false;
  // By hand people write these two headers alone.
  return httpVersion === "1.0" || (names[0] === "host" && at === 1 && names.includes("user-agent"));
}
