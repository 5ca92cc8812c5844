/** What the terminal shows once the system has started. */
import type { Settings } from "../config.ts";
import { isOnServer } from "../config/queue_place.ts";
import { DEFAULT_PASSWORD } from "../config/secrets.ts";

/** A line for each page; none if `urls` is empty. `urls`: where the Manager and Ops listen. */
export function addressesOf(settings: Settings, urls: readonly string[]): string[] {
  const { publicUrl, opsPublicUrl } = settings;
  const [manager, ops] = urls;
  return urls.length === 0 ? [] : [`Manager ${publicUrl ?? manager}`, `Ops     ${opsPublicUrl ?? ops}`];
}

export function greetingOf(settings: Settings, urls: readonly string[]): string {
  const password = settings.managerPassword === DEFAULT_PASSWORD
    ? ` (password ${DEFAULT_PASSWORD}, until MANAGER_PASSWORD is set)`
    : "";
  const consumers = settings.consumers === 1 ? "1 consumer" : `${settings.consumers} consumers`;
  const [manager = "", ops = ""] = addressesOf(settings, urls);
  const lines = [
    `${manager}${password}`,
    ops,
    ...isOnServer(settings)
      ? [`Jobs of the kind file need ${settings.filesDir} to be a folder that all hosts share.`]
      : [],
    `${consumers} at work; logs in ${settings.logDir}; supervisor process ${Deno.pid}. Ctrl+C stops.`,
  ];
  return lines.join("\n");
}
