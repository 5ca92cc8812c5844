/** Breaks what all code of its thread shares, for good, in the way that the payload names, and returns. */
import type { HandlerJob } from "@persistent-queue/workers";

const failing = () => {
  throw new Error("broken for good");
};

function breakForGood(object: object, key: PropertyKey, value: unknown): void {
  Object.defineProperty(object, key, { value, configurable: false, writable: false });
}

export const WAYS: Readonly<Record<string, () => unknown>> = {
  "push of arrays": () => breakForGood(Array.prototype, "push", () => 0),
  "push of arrays, frozen": () => {
    Array.prototype.push = () => 0;
    Object.freeze(Array.prototype);
  },
  "filter of arrays": () => breakForGood(Array.prototype, "filter", () => []),
  "join of arrays": () => breakForGood(Array.prototype, "join", failing),
  "the iterator of arrays": () => breakForGood(Array.prototype, Symbol.iterator, failing),
  "the first place of all arrays": () =>
    Object.defineProperty(Array.prototype, "0", { set() {}, get: () => 1, configurable: false }),
  "the first place of all arrays, unchangeable": () => breakForGood(Array.prototype, "0", 1),
  "toJSON of all objects": () => breakForGood(Object.prototype, "toJSON", () => "broken"),
  "the report of all objects": () => {
    Object.defineProperty(Object.prototype, "report", { get: failing, configurable: false });
  },
  "get of maps": () => breakForGood(Map.prototype, "get", failing),
  "set of maps": () => breakForGood(Map.prototype, "set", failing),
  "call of functions": () => breakForGood(Function.prototype, "call", failing),
  "apply of functions": () => breakForGood(Function.prototype, "apply", failing),
  "Atomics.compareExchange": () => breakForGood(Atomics, "compareExchange", failing),
  "setTimeout": () => breakForGood(globalThis, "setTimeout", failing),
  "postMessage of ports": () => breakForGood(MessagePort.prototype, "postMessage", () => {}),
};

export function handler({ payload }: HandlerJob): string {
  WAYS[String(payload)]?.();
  return "broken";
}
