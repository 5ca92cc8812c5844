/** Where the system's own pages listen, and which hosts lead there as far as their text tells. */
import { isIP } from "node:net";
import { isLoopbackName } from "@persistent-queue/queue";
import type { Settings } from "./settings.ts";

type Listening = Pick<Settings, "bindAddress" | "managerPort" | "opsPort">;

const PORT = /:(\d{1,5})$/;

/** The addresses at which the pages listen. */
export function ownAddresses({ bindAddress, managerPort, opsPort }: Listening): string[] {
  const address = bindAddress.includes(":") ? `[${bindAddress}]` : bindAddress;
  return [`${address}:${managerPort}`, `${address}:${opsPort}`];
}

/** `value`: a host or host:port of `HANDLER_ALLOW`. A host without a port means all its ports. */
export function leadsToPages(value: string, { bindAddress, managerPort, opsPort }: Listening): boolean {
  const port = PORT.exec(value)?.[1];
  if (port !== undefined && Number(port) !== managerPort && Number(port) !== opsPort) return false;
  return leadsTo(plainHost(bindAddress), plainHost(hostOf(value)));
}

/** Without the port. */
export function hostOf(value: string): string {
  return value.replace(PORT, "");
}

/** A connection to 0.0.0.0 goes to this machine. A listener at 0.0.0.0 is reached at each of its addresses. */
function leadsTo(bound: string, host: string): boolean {
  if (host === bound || isUnspecified(host)) return true;
  if (isUnspecified(bound)) return isLoopbackName(host);
  return isLoopbackName(bound) && isLoopbackName(host) && isIP(host) === 0;
}

function isUnspecified(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

/** As a connection understands it: `127.1` is 127.0.0.1, and so is `[::ffff:127.0.0.1]`. */
function plainHost(text: string): string {
  const host = isIP(text) === 6 ? `[${text}]` : text;
  const name = URL.parse(`http://${host}/`)?.hostname ?? host.toLowerCase();
  const plain = name.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "");
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(plain) ?? [];
  if (high === undefined || low === undefined) return plain;
  return [high, low].map((part) => parseInt(part, 16)).flatMap((part) => [part >> 8, part & 255]).join(".");
}
