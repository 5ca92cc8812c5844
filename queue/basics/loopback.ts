/** Which addresses and names mean "this machine only". */

/** As a socket tells it: `127.0.0.1`, `::1`, `::ffff:127.0.0.1` and their like. */
export function isLoopbackAddress(address: string): boolean {
  return isPlainLoopback(address.toLowerCase().replace(/^::ffff:/, ""));
}

/**
 * As a person writes it: a name or address, without brackets or port, in its usual form only. Browsers resolve
 * `*.localhost` themselves, so it cannot be rebound.
 */
export function isLoopbackName(name: string): boolean {
  return /^(?:[a-z0-9_-]+\.)*localhost$/i.test(name) || isPlainLoopback(name);
}

function isPlainLoopback(address: string): boolean {
  return address === "::1" || /^127(?:\.\d{1,3}){3}$/.test(address);
}
