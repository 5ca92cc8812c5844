/**
 * How browsers reach the pages, as opposed to what the servers bind to: public addresses, further names,
 * trusted proxies.
 */
import { isIP } from "node:net";
import { printable } from "@persistent-queue/queue";
import type { SettingName } from "./setting_names.ts";
import type { SettingReader } from "./setting_reader.ts";

/** An address such as `https://queue.example.com/jobs`, without a trailing slash; null when it is not set. */
export function publicUrl(reader: SettingReader, name: SettingName): string | null {
  const text = reader.text(name)?.trim() ?? "";
  if (text === "") return null;
  const url = URL.parse(text);
  if (url !== null && isPublic(url, text)) return url.origin + url.pathname.replace(/\/$/, "");
  reader.reject(
    name,
    `${name} is ${
      quoted(text)
    }, but must be the address that people type, https://host[:port][/path] without ` +
      `anything behind the path, for example ${name}=https://queue.example.com`,
  );
  return null;
}

function isPublic({ protocol, username, password, pathname }: URL, text: string): boolean {
  const isPlainPath = pathname === "/" || /^(?:\/[a-z0-9_~-][a-z0-9._~-]*)+\/?$/i.test(pathname);
  return /^https?:$/.test(protocol) && /^https?:\/\/[^/]/i.test(text) && isPlainPath &&
    username === "" && password === "" && !/[?#@\\]/.test(text);
}

/** Names and addresses of hosts, in lower case, IPv6 addresses without brackets. */
export function hostNames(reader: SettingReader, name: SettingName): readonly string[] {
  const words = wordsOf(reader, name);
  const names = words.map((word) => word.toLowerCase().replace(/^\[(.*)\]$/, "$1").replace(/(?<=.)\.$/, ""));
  const wrong = words.find((_, i) => !isHostName(names[i] ?? ""));
  if (wrong === undefined) return Object.freeze(names);
  reader.reject(
    name,
    `${name} has ${
      quoted(wrong)
    }, but must be names of hosts without scheme, port and wildcard, with commas ` +
      `between them, for example ${name}=queue,queue.internal`,
  );
  return [];
}

function isHostName(name: string): boolean {
  if (isIP(name) !== 0) return true;
  return /^[a-z0-9_]([a-z0-9_.-]*[a-z0-9])?$/.test(name) && URL.canParse(`http://${name}/`);
}

/** Addresses, and networks as an address with a prefix length. */
export function networks(reader: SettingReader, name: SettingName): readonly string[] {
  const words = wordsOf(reader, name);
  const wrong = words.find((word) => !isNetwork(word));
  if (wrong === undefined) return Object.freeze(words);
  reader.reject(
    name,
    `${name} has ${quoted(wrong)}, but must be addresses or networks, with commas between them, ` +
      `for example ${name}=127.0.0.1,172.16.0.0/12`,
  );
  return [];
}

function isNetwork(word: string): boolean {
  const [, address = "", bits = "0"] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(word) ?? [];
  const family = isIP(address);
  return family !== 0 && !address.includes("%") && Number(bits) <= (family === 4 ? 32 : 128);
}

function wordsOf(reader: SettingReader, name: SettingName): string[] {
  return (reader.text(name) ?? "").split(",").map((word) => word.trim()).filter((word) => word !== "");
}

function quoted(text: string): string {
  return `"${printable(text, { maxLength: 60 })}"`;
}
