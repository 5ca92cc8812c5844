/** Rules for settings with which other machines can reach the pages. */
import { isLoopbackName } from "@persistent-queue/queue";
import { DEFAULT_PASSWORD, type SecretName, SECRETS } from "./secrets.ts";
import type { SettingReader } from "./setting_reader.ts";
import { type SettingName, SETTINGS, type Settings } from "./settings.ts";

type Given = Omit<Settings, "warnings">;

interface Exposure {
  readonly setting: SettingName;
  readonly value: string;
  /** The change that makes the pages unreachable again. */
  readonly fix: string;
}

/**
 * Refuses a HOST that others can reach if the password can be guessed, and any setting that lets others in with the
 * default password.
 */
export function checkSecrets(settings: Given, reader: SettingReader): void {
  const exposure = exposureOf(settings);
  if (exposure === null) return;
  if (settings.managerPassword === DEFAULT_PASSWORD) {
    reader.reject(
      "MANAGER_PASSWORD",
      `${
        whereOf(exposure)
      }, and MANAGER_PASSWORD is still the default, which is in the README; set a password of your own, ` +
        `for example the output of "${SECRETS.MANAGER_PASSWORD.generator}", or ${exposure.fix}`,
    );
  }
  if (exposure.setting !== "HOST" || !shortSecretsOf(settings).includes("MANAGER_PASSWORD")) return;
  reader.reject("MANAGER_PASSWORD", `${tooShort(exposure, "MANAGER_PASSWORD")}, or ${exposure.fix}`);
}

/** Whether requests may use the token. The system works without it, so a short token does not prevent a start. */
export function isTokenAccepted(settings: Given): boolean {
  return exposureOf(settings)?.setting !== "HOST" || !shortSecretsOf(settings).includes("API_TOKEN");
}

/** If only a proxy can be reached, it may ask for a login itself, so a short secret is still accepted. */
export function shortSecretWarnings(settings: Given): string[] {
  const exposure = exposureOf(settings);
  if (exposure === null) return [];
  const warnings = shortSecretsOf(settings).map((name) => tooShort(exposure, name));
  return isTokenAccepted(settings)
    ? warnings
    : [`${warnings.at(-1)}. Until then requests with it are refused`];
}

function shortSecretsOf({ managerPassword, apiToken }: Given): SecretName[] {
  const given = { MANAGER_PASSWORD: managerPassword, API_TOKEN: apiToken };
  return (["MANAGER_PASSWORD", "API_TOKEN"] as const).filter((name) => {
    const secret = given[name];
    return secret !== null && secret !== DEFAULT_PASSWORD && lengthOf(secret) < SECRETS[name].shortest;
  });
}

function tooShort(exposure: Exposure, name: SecretName): string {
  return `${whereOf(exposure)}, and ${name} has fewer than ${
    SECRETS[name].shortest
  } characters; set a longer one, for example ` +
    `the output of "${SECRETS[name].generator}"`;
}

function whereOf({ setting, value }: Exposure): string {
  return `${setting} is ${value}, where others can reach the pages`;
}

export function plainHttpWarnings(settings: Given): string[] {
  const { publicUrl, trustedProxies } = settings;
  const exposure = exposureOf(settings);
  if (exposure === null || publicUrl?.startsWith("https:") || trustedProxies.length > 0) return [];
  return [
    `Others reach the pages by plain HTTP (${exposure.setting} is ${exposure.value}): the password, the token and every ` +
    `session can be read on the way. Put a proxy with TLS in front, and set PUBLIC_URL to its https address`,
  ];
}

/** The setting that lets other machines reach the pages; null if there is none. */
function exposureOf({ host, publicUrl, opsPublicUrl, allowedHosts }: Given): Exposure | null {
  if (!isLoopbackName(host)) {
    return { setting: "HOST", value: host, fix: `HOST=${SETTINGS.host.defaultText}` };
  }
  for (const [setting, url] of [["PUBLIC_URL", publicUrl], ["OPS_PUBLIC_URL", opsPublicUrl]] as const) {
    if (url !== null && !isLoopbackName(hostnameOf(url))) {
      return { setting, value: url, fix: `unset ${setting}` };
    }
  }
  const name = allowedHosts.find((one) => !isLoopbackName(one));
  return name === undefined ? null : { setting: "ALLOWED_HOSTS", value: name, fix: "unset ALLOWED_HOSTS" };
}

function hostnameOf(url: string): string {
  return new URL(url).hostname.replace(/^\[(.*)\]$/, "$1");
}

/** Counts as the login compares: an accented letter counts once, however it is typed. */
function lengthOf(secret: string): number {
  return [...secret.normalize("NFC")].length;
}
