/** What the terminal says once the system is started. */
import type { Settings } from "../config.ts";
import { isOnServer } from "../config/queue_place.ts";
import { DEFAULT_PASSWORD } from "../config/secrets.ts";

/** `urls`: where the Manager and Ops listen. */
export function greetingOf(settings: Settings, [manager, ops]: readonly string[]): string {
  const password = settings.managerPassword === DEFAULT_PASSWORD
    ? ` (password ${DEFAULT_PASSWORD}, until MANAGER_PASSWORD is set)`
    : "";
  const consumers = settings.consumers === 1 ? "1 consumer" : `${settings.consumers} consumers`;
  const lines = [
    `Manager ${settings.publicUrl ?? manager}${password}`,
    `Ops     ${settings.opsPublicUrl ?? ops}`,
    ...isOnServer(settings)
      ? [`Jobs of the kind file need ${settings.filesDir} to be a folder that all hosts share.`]
      : [],
    `${consumers} at work; logs in ${settings.logDir}; supervisor process ${Deno.pid}. Ctrl+C stops.`,
  ];
  return lines.join("\n");
}
