/** A polyfill: adds a method to all arrays when it is loaded. */
if (!("second" in Array.prototype)) {
  Object.defineProperty(Array.prototype, "second", {
    value(this: readonly unknown[]) {
      return this[1];
    },
    ...{ writable: true, configurable: true },
  });
}

export function secondOf(values: readonly unknown[] & { second?: () => unknown }): unknown {
  return values.second?.();
}
