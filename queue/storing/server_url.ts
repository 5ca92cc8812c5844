/**
 * Refuses server URLs that would be misread. No message shows a part of the URL: if a password is not encoded, any part
 * may be a piece of it.
 */
import { isLoopbackName } from "../basics/loopback.ts";

const CUT = "has a #, which ends it: write # as %23 in a password";
const BAD_CODE = "has a % that encodes nothing: write % as %25 in a password";
const SEVERAL_HOSTS =
  "names several hosts: name one, which may be a virtual IP or a proxy that leads to the right server";
const SOCKET = "names a socket of this machine, which cannot be used: name a host";
/** The drivers would look for a host named "b%c3%bccher.example". */
const FOREIGN_HOST =
  "names a host with letters that DNS does not know: write the name as DNS has it, which begins with xn--";
const UNREADABLE =
  "cannot be read: percent-encode the special characters of the password, such as / as %2F and ? as %3F, and name a host and a port up to 65535";

/** Returns what is wrong with the parts that every server URL has; null for a URL that names one host. */
export function misreadServerUrl(text: string, example: string): string | null {
  if (text.includes("#")) return `${CUT}, ${example}`;
  if (!isDecodable(text)) return `${BAD_CODE}, ${example}`;
  const [, authority = "", path = "", query = ""] = /^[^:]*:(?:\/\/([^/?]*))?([^?]*)(.*)$/s.exec(text) ?? [];
  const host = authority.slice(authority.lastIndexOf("@") + 1);
  // Everything before an @ was meant as a password.
  if (path.includes("@") || path.length < 2 && query.includes("@")) return `${UNREADABLE}, ${example}`;
  if (host.includes(",")) return `${SEVERAL_HOSTS}, ${example}`;
  if (isSocket({ host, path, query })) return `${SOCKET}, ${example}`;
  if (host === "") return `names no host: ${example}`;
  if (/[^\0-\x7f]/.test(decodeURIComponent(host))) return `${FOREIGN_HOST}, ${example}`;
  return host.includes("%") || !URL.canParse(text) ? `${UNREADABLE}, ${example}` : null;
}

/** The host of a parsed URL: an IPv6 address without its brackets. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, "$1").toLowerCase();
}

/** The host within the place of a queue: the same however it is spelled. */
export function placeOfHost(host: string): string {
  // The dot says that the name is complete, so that no domain of the machine is tried after it.
  const name = host.replace(/\.$/, "");
  if (isLoopbackName(name)) return "localhost";
  return name.includes(":") ? `[${name}]` : name;
}

/** No name or password contains the character 0. */
function isDecodable(text: string): boolean {
  try {
    return !decodeURIComponent(text).includes("\0");
  } catch {
    return false;
  }
}

/** Detects the socket forms that other programs accept. */
function isSocket(
  { host, path, query }: { readonly host: string; readonly path: string; readonly query: string },
): boolean {
  const isPath = host === "" && /^\/.*\//.test(path);
  return isPath || /%2f/i.test(host) || (new URLSearchParams(query).get("host") ?? "").startsWith("/");
}
