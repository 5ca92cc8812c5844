/**
 * How browsers reach the pages, as opposed to what the servers bind to: the host, public addresses, additional names,
 * trusted proxies.
 */
import { isIP } from "node:net";
import { quoted, type Setting, type SettingInput, UNSET } from "./setting.ts";

interface Meaning {
  readonly means: string;
}

/** An address or a host name, without scheme or port. */
export function host<const Name extends string>(
  name: Name,
  { fallback, means }: Meaning & { readonly fallback: string },
): Setting<Name, string> {
  return {
    ...{ name, defaultText: fallback, limits: "an address or a name", means },
    parse(input) {
      const text = input.text?.trim() ?? "";
      if (text === "") return fallback;
      const host = text.replace(/^\[(.*)\]$/, "$1");
      if (/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(host) || /^[0-9a-f:.]*:[0-9a-f:.]*$/i.test(host)) {
        if (URL.canParse(host.includes(":") ? `http://[${host}]/` : `http://${host}/`)) return host;
      }
      input.reject(
        `${name} is ${quoted(text)}, but must be an address or a host name, without scheme or port, ` +
          `for example ${name}=${fallback}`,
      );
      return fallback;
    },
  };
}

/** An address such as `https://queue.example.com/jobs`, without a trailing slash; null if unset. */
export function publicUrl<const Name extends string>(
  name: Name,
  { means }: Meaning,
): Setting<Name, string | null> {
  return {
    ...{ name, defaultText: UNSET, limits: "`http:` or `https:`, host, port, path", means },
    parse(input) {
      const text = input.text?.trim() ?? "";
      if (text === "") return null;
      const url = URL.parse(text);
      if (url !== null && isPublic(url, text)) return url.origin + url.pathname.replace(/\/$/, "");
      input.reject(
        `${name} is ${quoted(text)}, but must be an address as people type it, https://host[:port][/path] ` +
          `without anything after the path, for example ${name}=https://queue.example.com`,
      );
      return null;
    },
  };
}

function isPublic({ protocol, username, password, pathname }: URL, text: string): boolean {
  const isPlainPath = pathname === "/" || /^(?:\/[a-z0-9_~-][a-z0-9._~-]*)+\/?$/i.test(pathname);
  return /^https?:$/.test(protocol) && /^https?:\/\/[^/]/i.test(text) && isPlainPath &&
    username === "" && password === "" && !/[?#@\\]/.test(text);
}

/** Host names and addresses, in lower case, IPv6 addresses without brackets. */
export function hostNames<const Name extends string>(
  name: Name,
  { means }: Meaning,
): Setting<Name, readonly string[]> {
  return {
    ...{ name, defaultText: UNSET, limits: "host names, separated by commas", means },
    parse(input) {
      const words = wordsOf(input);
      const names = words.map((word) =>
        inAscii(word.toLowerCase().replace(/^\[(.*)\]$/, "$1").replace(/(?<=.)\.$/, ""))
      );
      const wrong = words.find((_, i) => !isHostName(names[i] ?? ""));
      if (wrong === undefined) return Object.freeze(names);
      input.reject(
        `${name} has ${quoted(wrong)}, but must be host names without scheme, port or wildcard, ` +
          `separated by commas, for example ${name}=queue,queue.internal`,
      );
      return Object.freeze([]);
    },
  };
}

function isHostName(name: string): boolean {
  if (isIP(name) !== 0) return true;
  return /^[a-z0-9_]([a-z0-9_.-]*[a-z0-9])?$/.test(name) && !name.includes("..") &&
    URL.canParse(`http://${name}/`);
}

/** Browsers send `bücher.example` as `xn--bcher-kva.example`. */
function inAscii(name: string): string {
  return /[^\p{ASCII}]/u.test(name) ? URL.parse(`http://${name}/`)?.hostname ?? name : name;
}

/** Addresses, and networks in the form address/prefix length. */
export function networks<const Name extends string>(
  name: Name,
  { means }: Meaning,
): Setting<Name, readonly string[]> {
  return {
    ...{ name, defaultText: UNSET, limits: "addresses and networks, separated by commas", means },
    parse(input) {
      const words = wordsOf(input);
      const wrong = words.find((word) => !isNetwork(word));
      if (wrong === undefined) return Object.freeze(words);
      input.reject(
        `${name} has ${quoted(wrong)}, but must be addresses or networks, separated by commas, ` +
          `for example ${name}=127.0.0.1,172.16.0.0/12`,
      );
      return Object.freeze([]);
    },
  };
}

function isNetwork(word: string): boolean {
  const [, address = "", bits = "0"] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(word) ?? [];
  const family = isIP(address);
  return family !== 0 && !address.includes("%") && Number(bits) <= (family === 4 ? 32 : 128);
}

function wordsOf({ text }: SettingInput): string[] {
  return (text ?? "").split(",").map((word) => word.trim()).filter((word) => word !== "");
}
