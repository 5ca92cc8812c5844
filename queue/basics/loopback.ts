/** Which addresses and names mean "this machine only". */

/** For an address as a socket reports it: `127.0.0.1`, `::1`, `::ffff:127.0.0.1` and the like. */
export function isLoopbackAddress(address: string): boolean {
  return isPlainLoopback(address.toLowerCase().replace(/^::ffff:/, ""));
}

/**
 * For a name or address as a person writes it, without brackets or port, and only in its usual form. Browsers resolve
 * `*.localhost` themselves, so it cannot be rebound.
 */
export function isLoopbackName(name: string): boolean {
  return /^(?:[a-z0-9_-]+\.)*localhost$/i.test(name) || isPlainLoopback(name);
}

function isPlainLoopback(address: string): boolean {
  return address === "::1" || /^127(?:\.\d{1,3}){3}$/.test(address);
}
