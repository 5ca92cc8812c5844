/** The objects that all code of a thread shares, so that a change by one job would reach the next. */
import process from "node:process";

/** Shared by all code of a thread, although no global names them. */
const UNNAMED: Readonly<Record<string, object>> = {
  "the iterator of arrays": Object.getPrototypeOf([].values()),
  "the iterator of maps": Object.getPrototypeOf(new Map().values()),
  "the iterator of sets": Object.getPrototypeOf(new Set().values()),
  "the iterator of strings": Object.getPrototypeOf(""[Symbol.iterator]()),
  "the iterator of matches": Object.getPrototypeOf("".matchAll(/x/g)),
  "the prototype of generators": Object.getPrototypeOf(function* () {}).prototype,
  "the prototype of asynchronous generators": Object.getPrototypeOf(async function* () {}).prototype,
  "the prototype of asynchronous functions": Object.getPrototypeOf(async () => {}),
  "TypedArray": Object.getPrototypeOf(Uint8Array),
  "TypedArray.prototype": Object.getPrototypeOf(Uint8Array.prototype),
  "EventEmitter.prototype": emitterPrototype(Object.getPrototypeOf(process)),
};

/** Importing `node:events` would load one more module in every thread. */
function emitterPrototype(object: object): object {
  // The prototype of `process` has its own `emit`, but not this one.
  return Object.hasOwn(object, "rawListeners") ? object : emitterPrototype(Object.getPrototypeOf(object));
}

/** The most used of the globals that are loaded lazily on first access. */
const OFTEN_USED = [
  "TextEncoder",
  "TextDecoder",
  "Buffer",
] as const;

const COMMON: readonly string[] = [
  ...[
    "Object",
    "Object.prototype",
    "Array",
    "Array.prototype",
    "the iterator of arrays",
    "Function.prototype",
  ],
  ...["String.prototype", "Number", "Math", "JSON", "Date", "Date.prototype", "RegExp.prototype", "Promise"],
  ...["Promise.prototype", "Map.prototype", "Set.prototype", "performance", "crypto"],
  // Of the global object, in which every property takes time, only those that are replaced most often.
  ...["globalThis.Date", "globalThis.Promise", "globalThis.setTimeout", "globalThis.fetch"],
];

/** Whether nearly all handlers use this object or property, given by name. */
export function isCommon(name: string): boolean {
  return COMMON.includes(name);
}

/** The global object, and for each of its constructors and namespaces, the object and its prototype. */
export function sharedObjects(): Map<object, string> {
  const found = new Map<object, string>([[globalThis, "globalThis"], [Deno, "Deno"], [process, "process"]]);
  const add = (object: unknown, name: string) => {
    if (typeof object !== "function" && (typeof object !== "object" || object === null)) return;
    if (!found.has(object)) found.set(object, name);
  };
  for (const name of ["console", "performance", "crypto"] as const) add(globalThis[name], name);
  for (const [name, object] of Object.entries(UNNAMED)) add(object, name);
  for (const name of OFTEN_USED) {
    add(globalThis[name], name);
    add(globalThis[name].prototype, `${name}.prototype`);
  }
  for (const name of Object.getOwnPropertyNames(globalThis)) {
    // The others are loaded lazily on first access.
    const value: unknown = Object.getOwnPropertyDescriptor(globalThis, name)?.value;
    if (!/^[A-Z]/.test(name) && typeof value !== "function") continue;
    add(value, name);
    add((value as { readonly prototype?: unknown } | undefined)?.prototype, `${name}.prototype`);
  }
  return found;
}
