/** The networks that an address belongs to, for whatever counts by network. */
import { isIP } from "node:net";

/** Lengths of the prefixes that count together, the narrowest first. One customer of a provider has a whole /64. */
const WIDTHS = { ipv4: [32, 24, 16], ipv6: [64, 56, 48, 32] } as const;

/** `203.0.113.7` → itself, `203.0.113.0/24`, `203.0.0.0/16`. Text that is no address is a network of its own. */
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
