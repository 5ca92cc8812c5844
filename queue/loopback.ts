/** Which addresses and names mean "this machine only". */

/** `127.0.0.1`, `::1`, `::ffff:127.0.0.1` and their like. */
export function isLoopbackAddress(address: string): boolean {
  const plain = address.toLowerCase().replace(/^::ffff:/, "");
  return plain === "::1" || /^127(?:\.\d{1,3}){3}$/.test(plain);
}

/** A name or address, without brackets or port. Browsers resolve `*.localhost` themselves, so it cannot be rebound. */
export function isLoopbackName(name: string): boolean {
  return /^(?:[a-z0-9_-]+\.)*localhost$/i.test(name) || isLoopbackAddress(name);
}
