/** Replaces the clocks, timers and ids of the runtime with a timeline, until it is disposed of. */
import type { Random } from "../../support/random.ts";
import type { Timeline } from "./timeline.ts";

type Work = (...values: unknown[]) => void;

export function simulatedTime(
  timeline: Timeline,
  { random, onUnhandled }: { random: Random; onUnhandled: (reason: unknown) => void },
): Disposable {
  let uuids = 0;
  const restores = [
    replaced(globalThis, {
      setTimeout: (work: Work, ms = 0, ...values: unknown[]) => timeline.setTimer(() => work(...values), ms),
      clearTimeout: (id: number) => timeline.clearTimer(id),
      setInterval: () => {
        throw new Error("Nothing here uses intervals: add them to the timeline first.");
      },
      clearInterval: () => {},
    }),
    replaced(performance, { now: () => timeline.now }),
    replaced(Date, { now: () => timeline.wall }),
    replaced(crypto, { randomUUID: () => `${++uuids}-${random.below(1_000_000)}` }),
  ];
  const onRejection = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    onUnhandled(event.reason);
  };
  globalThis.addEventListener("unhandledrejection", onRejection);
  return {
    [Symbol.dispose]: () => {
      globalThis.removeEventListener("unhandledrejection", onRejection);
      for (const restore of restores.reverse()) restore();
    },
  };
}

/** Returns the function that restores everything. */
function replaced(target: object, values: Record<string, unknown>): () => void {
  const before = Object.keys(values).map((name) =>
    [name, Object.getOwnPropertyDescriptor(target, name)] as const
  );
  for (const [name, value] of Object.entries(values)) {
    Object.defineProperty(target, name, { value, configurable: true, writable: true });
  }
  return () => {
    for (const [name, descriptor] of before) {
      if (descriptor === undefined) Reflect.deleteProperty(target, name);
      else Object.defineProperty(target, name, descriptor);
    }
  };
}
