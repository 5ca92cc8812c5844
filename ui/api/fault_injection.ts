/** Ends a consumer on purpose, to see what the system does. Only where FAULT_INJECTION allows it. */
import type { Actor } from "../auth/audit.ts";
import type { PageDeps } from "../page_deps.ts";
import { HttpError } from "../http/errors.ts";

export const FAULTS = ["crash", "hang"] as const;

export type Fault = typeof FAULTS[number];

/** False: there is no such consumer. @throws {HttpError} 403 where this is switched off */
export function injectFault(
  { system, faultInjection }: Pick<PageDeps, "system" | "faultInjection">,
  { consumerId, fault, by, audit }: Actor & { readonly consumerId: string; readonly fault: Fault },
): boolean {
  requireFaultInjection(faultInjection);
  const isDone = system.injectFault(consumerId, fault, by);
  if (isDone) audit(`${DONE[fault]} of consumer ${consumerId} by ${by}`);
  return isDone;
}

const DONE = { crash: "Crash", hang: "Hang" } as const;

/** @throws {HttpError} 403 */
export function requireFaultInjection(isOn: boolean): void {
  if (isOn) return;
  const message =
    "Crashing and hanging consumers is switched off here. The setting FAULT_INJECTION=on allows it.";
  throw new HttpError(403, "fault_injection_off", message);
}
