/** The objects that all code of a thread shares, so that a change by one job would reach the next. */
import process from "node:process";

const { apply, defineProperty, deleteProperty, getOwnPropertyDescriptor, getPrototypeOf, setPrototypeOf } =
  Reflect;
const textOf = String;

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

/**
 * Calls back with each class that Deno loads on first access, and its prototype, when that happens: before any code
 * can change it, and without loading it for threads that never use it.
 */
export function watchLazyClasses(onLoaded: (object: object, name: string) => void): void {
  for (const name of Object.getOwnPropertyNames(globalThis)) {
    const descriptor = Object.getOwnPropertyDescriptor(globalThis, name);
    const { get, configurable } = descriptor ?? {};
    if (get === undefined || !configurable || !/^[A-Z]/.test(name) || isOftenUsed(name)) continue;
    let isLoaded = false;
    const load = function (this: unknown): unknown {
      const loaded: unknown = apply(get, this, []);
      if (isLoaded || typeof loaded !== "function") return loaded;
      isLoaded = true;
      onLoaded(loaded, name);
      onLoaded(loaded.prototype, `${name}.prototype`);
      return loaded;
    };
    Object.defineProperty(globalThis, name, { ...descriptor, get: load });
  }
}

function isOftenUsed(name: string): boolean {
  return OFTEN_USED.some((one) => one === name);
}

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

// One of their properties --------------------------------------------------------------------------------------
// What reads and changes it must not call what a handler can replace.

export interface Property {
  readonly object: object;
  readonly key: PropertyKey;
  /** The name shown to users. */
  readonly name: string;
}

/** The key of what is no property: the prototype of the object itself. */
export const CHAIN = Symbol("prototype");

export function put({ object, key }: Property, descriptor: PropertyDescriptor | undefined): void {
  if (key === CHAIN) setPrototypeOf(object, descriptor?.value);
  else if (descriptor === undefined) deleteProperty(object, key);
  else defineProperty(object, key, descriptor);
}

/** Without a prototype, because a handler that gives all objects a `get` would make every descriptor invalid. */
export function descriptorOf(object: object, key: PropertyKey): PropertyDescriptor | undefined {
  const descriptor = key === CHAIN
    ? { value: getPrototypeOf(object) }
    : getOwnPropertyDescriptor(object, key);
  if (descriptor !== undefined) setPrototypeOf(descriptor, null);
  return descriptor;
}

export function isEqual(
  left: PropertyDescriptor | undefined,
  right: PropertyDescriptor | undefined,
): boolean {
  return left?.value === right?.value && left?.get === right?.get && left?.set === right?.set;
}

export function isIn(keys: readonly PropertyKey[], key: PropertyKey): boolean {
  for (let i = 0; i < keys.length; i++) if (keys[i] === key) return true;
  return false;
}

export function nameOfKey(key: PropertyKey): string {
  return textOf(key);
}
