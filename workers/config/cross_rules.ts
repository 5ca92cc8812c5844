/** What settings must be true of each other. */
import type { Settings } from "./settings.ts";
import type { SettingReader } from "./setting_reader.ts";

export const DEFAULT_PASSWORD = "admin123";

/** Whether only this machine can reach `host`. */
export function isLoopback(host: string): boolean {
  return /^(?:[^.]+\.)*localhost$/i.test(host) || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

export function checkTogether(settings: Omit<Settings, "warnings">, reader: SettingReader): string[] {
  checkTimes(settings, reader);
  checkAddresses(settings, reader);
  if (settings.filesDir === settings.logDir && reader.areSound("FILES_DIR", "LOG_DIR")) {
    reader.reject(
      "LOG_DIR",
      `LOG_DIR and FILES_DIR are the same folder; logs would lie among the jobs' files, ` +
        `for example LOG_DIR=logs`,
    );
  }
  return warningsAbout(settings);
}

function checkTimes({ stallMs, heartbeatMs }: Omit<Settings, "warnings">, reader: SettingReader): void {
  if (stallMs > 2 * heartbeatMs || !reader.areSound("STALL_MS", "HEARTBEAT_MS")) return;
  reader.reject(
    "STALL_MS",
    `STALL_MS is ${stallMs} with HEARTBEAT_MS=${heartbeatMs}, but must be more than twice as long, or healthy jobs ` +
      `are taken away, for example STALL_MS=${heartbeatMs * 30}`,
  );
}

function checkAddresses(settings: Omit<Settings, "warnings">, reader: SettingReader): void {
  const { managerPort, opsPort, managerPassword } = settings;
  if (managerPort === opsPort && managerPort !== 0 && reader.areSound("MANAGER_PORT", "OPS_PORT")) {
    reader.reject(
      "OPS_PORT",
      `MANAGER_PORT and OPS_PORT are both ${managerPort}, but must differ, for example ` +
        `MANAGER_PORT=8501 and OPS_PORT=8502`,
    );
  }
  const opened = managerPassword === DEFAULT_PASSWORD ? whereOthersCome(settings) : null;
  if (opened === null) return;
  const [name, value, fix] = opened;
  reader.reject(
    "MANAGER_PASSWORD",
    `${name} is ${value}, where others can reach the pages, and MANAGER_PASSWORD is still the default that everybody ` +
      `knows; set a password of your own, for example the output of "openssl rand -base64 18", or ${fix}`,
  );
}

/** The setting that lets others than this machine reach the pages, its value, and what to do about it. */
function whereOthersCome(settings: Omit<Settings, "warnings">): [string, string, string] | null {
  const { host, publicUrl, opsPublicUrl, allowedHosts } = settings;
  if (!isLoopback(host)) return ["HOST", host, "HOST=127.0.0.1"];
  for (const [name, url] of [["PUBLIC_URL", publicUrl], ["OPS_PUBLIC_URL", opsPublicUrl]] as const) {
    if (url !== null && !isLoopback(hostnameOf(url))) return [name, url, `unset ${name}`];
  }
  const name = allowedHosts.find((one) => !isLoopback(one));
  return name === undefined ? null : ["ALLOWED_HOSTS", name, "unset ALLOWED_HOSTS"];
}

function hostnameOf(url: string): string {
  return new URL(url).hostname.replace(/^\[(.*)\]$/, "$1");
}

function warningsAbout({ sweepMs, stallMs }: Omit<Settings, "warnings">): string[] {
  if (sweepMs <= stallMs) return [];
  return [
    `SWEEP_MS is ${sweepMs} with STALL_MS=${stallMs}: a stalled job waits for up to ${
      sweepMs + stallMs
    } ms; ` +
    `SWEEP_MS is better at most STALL_MS`,
  ];
}
