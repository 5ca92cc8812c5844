/**
 * HOST may be a name, but permissions and listeners need addresses: it is looked up once, before the
 * supervisor starts.
 */
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { isLoopbackName, messageOf } from "@persistent-queue/queue";
import { ConfigurationError } from "../config.ts";

/** @throws {ConfigurationError} for a name that this machine cannot resolve */
export async function bindAddressOf(host: string): Promise<string> {
  if (isIP(host) !== 0) return host;
  try {
    const found = await lookup(host, { all: true });
    // IPv4 first, as without the setting; `localhost` often has two addresses.
    const address = found.find(({ family }) => family === 4) ?? found[0];
    if (address === undefined) throw new Error("it has no address");
    return address.address;
  } catch (error) {
    // Browsers know every `*.localhost`, and many resolvers do not.
    if (isLoopbackName(host)) return "127.0.0.1";
    throw new ConfigurationError([
      `HOST is ${host}, a name that this machine cannot resolve (${
        messageOf(error)
      }); use one of its addresses, or ` +
      `HOST=0.0.0.0 for all of them, and ALLOWED_HOSTS=${host}`,
    ]);
  }
}
