/** Carries out orders from another host as if they had been given here, and only what is allowed here. */
import type { Fault, Shown } from "@persistent-queue/queue";
import type { Settings } from "./config.ts";
import type { SystemEvent } from "./reporting/log_lines.ts";

interface FaultInjector {
  injectFault(consumerId: string, how: Fault, by: string): boolean;
}

interface OrderHandlerOptions {
  readonly settings: Pick<Settings, "faultInjection">;
  readonly tell: (event: SystemEvent) => void;
}

export function orderHandler(
  supervisor: FaultInjector,
  { settings, tell }: OrderHandlerOptions,
): Shown["onOrder"] {
  const refuse = (text: string) => tell({ type: "notice", level: "warn", text });
  return (order) => {
    if (order.type === "unknown") {
      refuse(`Another host sent an order that this release does not know: ${order.text}`);
    } else if (!settings.faultInjection) {
      refuse(`${FAULT_NAMES[order.fault]} of a consumer was refused, by FAULT_INJECTION=off: ${order.by}`);
    } else {
      // The consumer may have ended in the meantime.
      supervisor.injectFault(order.consumerId, order.fault, order.by);
    }
  };
}

const FAULT_NAMES = { crash: "A crash", hang: "A hang" } as const satisfies Record<Fault, string>;
