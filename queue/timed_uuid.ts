/**
 * A UUID of version 7 (RFC 9562): it begins with the time, in milliseconds since 1970. Consecutive ids lie beside each
 * other in their index, however large that is; each random id would need another page to be read and written.
 */
export function timedUuid(now: number): string {
  const time = now.toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${crypto.randomUUID().slice(15)}`;
}
