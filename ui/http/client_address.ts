/** Who sent a request, over what, and whether through a proxy: decided here, and nowhere else. */
import { BlockList, isIP } from "node:net";
import { hostnameOf, withoutRootDot } from "./host_guard.ts";

/** What is known about the client of a request, as `c.env.client`. */
export interface Client {
  /** The other end of the connection; `127.0.0.1` for a Unix domain socket. */
  readonly peer: string;
  /** The client as trusted proxies report it, otherwise the peer. For throttles, logs and audit. */
  readonly address: string;
  /**
   * If `address` is that of a proxy: the client that it claims to forward for, which nothing confirms. It only serves to
   * tell guessers apart. Null if nothing is forwarded, or the proxy is trusted.
   */
  readonly claimedAddress: string | null;
  /** Whether the browser's connection is encrypted. */
  readonly isHttps: boolean;
  /** Whether the request is forwarded, so that the client may be anywhere. */
  readonly isForwarded: boolean;
}

/** What is known about a connection apart from the headers. */
export interface Connection {
  readonly peer: string;
  /** Whether the request is formatted like one from a proxy that adds no header of its own. */
  readonly looksRelayed: boolean;
}

export interface ClientOptions {
  /** How people reach this page (`https://queue.example.com/jobs`); null = as it is bound. */
  readonly publicUrl: string | null;
  /** Addresses and networks (`172.16.0.0/12`) whose X-Forwarded-For and -Proto are trusted. */
  readonly trustedProxies: readonly string[];
}

type ClientOf = (request: Request, connection: Connection) => Client;

export function clientOf({ publicUrl, trustedProxies }: ClientOptions): ClientOf {
  const isTrusted = isTrustedBy(trustedProxies);
  const publicHost = publicUrl?.startsWith("https:") ? new URL(publicUrl).host : null;
  return ({ headers, url }, { peer, looksRelayed }) => {
    const address = isTrusted(peer) ? behindProxies(headers, peer, isTrusted) : plain(peer);
    const looksForwarded = looksRelayed || hasForwardingHeader(headers);
    const isForwarded = looksForwarded || isTrusted(peer);
    const isPublic = publicHost !== null &&
      // A proxy that passes on neither the host name nor the scheme may still be the public one.
      (isSameHost(headers.get("host"), publicHost) || (isForwarded && !headers.has("x-forwarded-proto")));
    return {
      peer,
      address,
      claimedAddress: looksForwarded && address === plain(peer) ? claimIn(headers) : null,
      isHttps: url.startsWith("https:") || saysHttps(headers) || isPublic,
      isForwarded,
    };
  };
}

/** What the proxy itself has added is at the end. */
function claimIn(headers: Headers): string {
  const last = headers.get("x-forwarded-for")?.split(",").at(-1) ?? "";
  return addressOf(last) ?? addressOf(headers.get("x-real-ip") ?? "") ?? "an unknown address";
}

/** Each proxy appends the address that it sees: the last one that is not a trusted proxy is the client's. */
function behindProxies(headers: Headers, peer: string, isTrusted: (address: string) => boolean): string {
  const hops = (headers.get("x-forwarded-for") ?? "").split(",").map(addressOf);
  let address = plain(peer);
  for (const hop of hops.reverse()) {
    // Entries before an unreadable one do not come from a trusted proxy.
    if (hop === null) break;
    address = hop;
    if (!isTrusted(hop)) break;
  }
  return address;
}

/** `203.0.113.7`, `203.0.113.7:1234`, `[2001:db8::1]:1234` → the address alone; null when there is none. */
function addressOf(hop: string): string | null {
  const word = hop.trim();
  const [, inBrackets, beforePort] = /^(?:\[([^\]]+)\]|([\d.]+))(?::\d+)?$/.exec(word) ?? [];
  const address = plain(inBrackets ?? beforePort ?? word);
  return isIP(address) === 0 ? null : address;
}

/**
 * Trusted from every client: a false claim only makes the client's own cookie stricter, and an undeclared proxy must not
 * cost its users a `Secure` cookie.
 */
function saysHttps(headers: Headers): boolean {
  return /^\s*https\s*(?:,|$)/i.test(headers.get("x-forwarded-proto") ?? "");
}

function isSameHost(host: string | null, publicHost: string): boolean {
  return host !== null && hostnameOf(host) !== null &&
    new URL(`https://${withoutRootDot(host)}`).host === withoutRootDot(publicHost);
}

/** What proxies and content delivery networks add, and browsers and curl do not. */
const FORWARDING = new RegExp(
  `^(?:${
    [
      ...[
        "forwarded",
        "via",
        "cdn-loop",
        "max-forwards",
        "early-data",
        "front-end-https",
        "x-scheme",
        "remote-user",
      ],
      "(?:.+-)?(?:client|connecting|real|user)-?ip",
      "(?:cf|fastly|fly|akamai|tailscale)(?:-.+)?",
      "x-(?:forwarded|original|envoy|azure|arr|amz-cf|amzn|varnish|proxyuser|cloud-trace)(?:-.+)?",
      "x-(?:appengine|auth-request|nf|remote|vercel)(?:-.+)?",
    ].join("|")
  })$`,
);

function hasForwardingHeader(headers: Headers): boolean {
  return [...headers.keys()].some((name) => FORWARDING.test(name));
}

/** Whether an address is among these addresses and networks. */
export function isTrustedBy(networks: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const text of networks) {
    const [address = "", bits] = text.split("/");
    if (bits === undefined) list.addAddress(address, familyOf(address));
    else list.addSubnet(address, Number(bits), familyOf(address));
  }
  return (address) => isIP(plain(address)) !== 0 && list.check(plain(address), familyOf(plain(address)));
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 6 ? "ipv6" : "ipv4";
}

/** An IPv4 address as such, even if an IPv6 socket reports it. */
function plain(address: string): string {
  return address.toLowerCase().replace(/^::ffff:(?=\d+\.)/, "");
}

/**
 * Whether a request is formatted the way nginx does with nothing but `proxy_pass`: in HTTP/1.0, or with `Host` and
 * `Connection: close` before everything that the client sent. Browsers and curl do neither.
 */
export function looksRelayed(httpVersion: string, rawHeaders: readonly string[]): boolean {
  const names = rawHeaders.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase());
  const at = names.indexOf("connection");
  if (at < 0 || rawHeaders[2 * at + 1]?.toLowerCase() !== "close") return false;
  // A request typed by hand has only these two headers.
  return httpVersion === "1.0" || (names[0] === "host" && at === 1 && names.includes("user-agent"));
}

/** Prefix lengths that are counted together, the narrowest first. A single customer of a provider has a whole /64. */
const WIDTHS = { ipv4: [32, 24, 16], ipv6: [64, 56, 48, 32] } as const;

/** `203.0.113.7` → itself, `203.0.113.0/24`, `203.0.0.0/16`. Text that is not an address is a network of its own. */
export function networksOf(address: string): [string, ...string[]] {
  const plain = address.toLowerCase().replace(/%.*$/, "").replace(/^::ffff:(?=\d+\.)/, "");
  switch (isIP(plain)) {
    case 4: {
      const bytes = plain.split(".").map(Number);
      const [, ...wider] = WIDTHS.ipv4;
      return [plain, ...wider.map((width) => `${masked(bytes, 8, width).join(".")}/${width}`)];
    }
    case 6: {
      const groups = groupsOf(plain);
      const [narrowest, ...wider] = WIDTHS.ipv6.map((width) => {
        const kept = masked(groups, 16, width).slice(0, Math.ceil(width / 16));
        return `${kept.map((group) => group.toString(16)).join(":")}::/${width}`;
      });
      return narrowest === undefined ? [plain] : [narrowest, ...wider];
    }
    default:
      return [plain];
  }
}

/** The narrowest of them. */
export function networkOf(address: string): string {
  return networksOf(address)[0];
}

/** The first `width` bits of parts that have `size` bits each; the others are 0. */
function masked(parts: readonly number[], size: number, width: number): number[] {
  return parts.map((part, i) => {
    const dropped = Math.min(size, Math.max(0, (i + 1) * size - width));
    return part >> dropped << dropped;
  });
}

/** The eight groups of an IPv6 address, in whichever of its forms it is written. */
function groupsOf(address: string): number[] {
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = "", tail = ""] = canonical.split("::");
  const first = head === "" ? [] : head.split(":");
  const last = tail === "" ? [] : tail.split(":");
  const middle = Array.from({ length: 8 - first.length - last.length }, () => "0");
  return [...first, ...middle, ...last].map((group) => parseInt(group, 16));
}
