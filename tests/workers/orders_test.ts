import assert from "node:assert/strict";
import type { SystemEvent } from "../../workers/reporting/log_lines.ts";
import { orderHandler } from "../../workers/orders.ts";

const ORDER = { type: "fault", consumerId: "c1", fault: "crash", by: "a person at another" } as const;

function host({ faultInjection }: { readonly faultInjection: boolean }) {
  const done: string[] = [];
  const told: SystemEvent[] = [];
  const injectFault = (id: string, how: string, by: string) => done.push(`${how} ${id} by ${by}`) > 0;
  const tell = (event: SystemEvent) => void told.push(event);
  return { done, told, onOrder: orderHandler({ injectFault }, { settings: { faultInjection }, tell }) };
}

Deno.test("an order from another host is carried out as if it were given here", () => {
  const { done, told, onOrder } = host({ faultInjection: true });
  onOrder(ORDER);
  assert.deepEqual([done, told], [["crash c1 by a person at another"], []]);
});

Deno.test("an order that is forbidden here, or unknown, leaves a line in the log and does nothing", () => {
  const { done, told, onOrder } = host({ faultInjection: false });
  onOrder(ORDER);
  onOrder({ type: "unknown", text: "stop" });
  assert.deepEqual(done, []);
  assert.deepEqual(told.map((event) => event.type === "notice" && `${event.level}: ${event.text}`), [
    "warn: A crash of a consumer was refused, by FAULT_INJECTION=off: a person at another",
    "warn: Another host sent an order that this release does not know: stop",
  ]);
});
