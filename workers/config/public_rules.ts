/** What must be true of the settings where others than this machine can reach the pages. */
import type { SettingName } from "./setting_names.ts";
import type { SettingReader } from "./setting_reader.ts";
import type { Settings } from "./settings.ts";

export const DEFAULT_PASSWORD = "admin123";

/** Whether only this machine can reach `host`. */
export function isLoopback(host: string): boolean {
  return /^(?:[^.]+\.)*localhost$/i.test(host) || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

type Given = Omit<Settings, "warnings">;

/** Of a password or token that others may guess at, in characters. */
const MIN_LENGTH = 12;

interface Opening {
  readonly setting: SettingName;
  readonly value: string;
  /** What undoes it. */
  readonly fix: string;
}

export function checkSecrets(settings: Given, reader: SettingReader): void {
  const opening = openingOf(settings);
  if (opening === null) return;
  const { managerPassword, apiToken } = settings;
  const where = `${opening.setting} is ${opening.value}, where others can reach the pages`;
  if (managerPassword === DEFAULT_PASSWORD) {
    reader.reject(
      "MANAGER_PASSWORD",
      `${where}, and MANAGER_PASSWORD is still the default that everybody knows; set a password of your own, ` +
        `for example the output of "openssl rand -base64 18", or ${opening.fix}`,
    );
  } else if (isShort(managerPassword)) {
    reader.reject(
      "MANAGER_PASSWORD",
      `${where}, and MANAGER_PASSWORD has fewer than ${MIN_LENGTH} characters; set a longer one, for example the ` +
        `output of "openssl rand -base64 18", or ${opening.fix}`,
    );
  }
  if (apiToken !== null && isShort(apiToken)) {
    reader.reject(
      "API_TOKEN",
      `${where}, and API_TOKEN has fewer than ${MIN_LENGTH} characters; set a longer one, for example the output of ` +
        `"openssl rand -hex 24", or ${opening.fix}`,
    );
  }
}

export function plainHttpWarnings(settings: Given): string[] {
  const { publicUrl, trustedProxies } = settings;
  const opening = openingOf(settings);
  if (opening === null || publicUrl?.startsWith("https:") || trustedProxies.length > 0) return [];
  return [
    `Others reach the pages by plain HTTP (${opening.setting} is ${opening.value}): the password, the token and every ` +
    `session can be read on the way. Put a proxy with TLS in front, and set PUBLIC_URL to its https address`,
  ];
}

/** The setting that lets others than this machine reach the pages; null where none does. */
function openingOf({ host, publicUrl, opsPublicUrl, allowedHosts }: Given): Opening | null {
  if (!isLoopback(host)) return { setting: "HOST", value: host, fix: "HOST=127.0.0.1" };
  for (const [setting, url] of [["PUBLIC_URL", publicUrl], ["OPS_PUBLIC_URL", opsPublicUrl]] as const) {
    if (url !== null && !isLoopback(hostnameOf(url))) return { setting, value: url, fix: `unset ${setting}` };
  }
  const name = allowedHosts.find((one) => !isLoopback(one));
  return name === undefined ? null : { setting: "ALLOWED_HOSTS", value: name, fix: "unset ALLOWED_HOSTS" };
}

function hostnameOf(url: string): string {
  return new URL(url).hostname.replace(/^\[(.*)\]$/, "$1");
}

/** As the login compares it: an accented letter counts once, however it is typed. */
function isShort(secret: string): boolean {
  return [...secret.normalize("NFC")].length < MIN_LENGTH;
}
