/**
 * The globals of a thread, the same for every job: a handler's changes are undone when its job has ended. Changes that
 * a module makes while it loads (a polyfill, an instrumentation) apply only to the jobs of its own kind.
 */
import type { EventEmitter } from "node:events";
import process from "node:process";
import { isUnchanged, QuickCheck } from "./quick_check.ts";
import { append } from "./runtime.ts";
import { isCommon, sharedObjects } from "./shared_objects.ts";

const {
  apply,
  defineProperty,
  deleteProperty,
  getOwnPropertyDescriptor,
  isExtensible,
  ownKeys,
  setPrototypeOf,
} = Reflect;
const { hasInstance } = Symbol;
const { listeners, removeListener }: EventEmitter = process;

const OPEN: readonly object[] = [globalThis, Deno, process];

const PROCESS_EVENTS = ["uncaughtException", "unhandledRejection"] as const;

interface Property {
  readonly object: object;
  readonly key: PropertyKey;
  /** The name shown to users. */
  readonly name: string;
}

interface Entry extends Property {
  readonly ofObject: string;
  readonly value: unknown;
  readonly descriptor: PropertyDescriptor;
}

interface Watched {
  readonly object: object;
  readonly name: string;
  readonly keys: readonly PropertyKey[];
  /** Names may be added to it: libraries keep their own in the global object and in constructors. */
  readonly isOpen: boolean;
}

/** Undefined = the property does not exist. */
interface Change extends Property {
  readonly before: PropertyDescriptor | undefined;
  readonly after: PropertyDescriptor | undefined;
}

interface Restored {
  readonly names: readonly string[];
  /** The names of changes that cannot be undone. */
  readonly stuck: readonly string[];
}

const NONE: readonly Change[] = [];

export class Globals {
  readonly #watched: Watched[] = [];
  readonly #entries: Entry[] = [];
  /** Checks everything that existed at first (25 µs). */
  readonly #whole: QuickCheck;
  /** Checks what most code uses (1 µs). Of added names it sees only those that a loop over an object's keys meets. */
  readonly common: QuickCheck;
  readonly #listeners = PROCESS_EVENTS.map((event) => listeners.call(process, event).length);
  readonly #ofKind = new Map<string, readonly Change[]>();
  #inForce: readonly Change[] = NONE;

  constructor() {
    for (const [object, name] of sharedObjects()) this.#watch(object, name);
    const watched = this.#watched.filter(({ name, isOpen }) => isCommon(name) && !isOpen);
    const isFrequent = ({ name, ofObject }: Entry) => isCommon(name) || isCommon(ofObject);
    this.#whole = new QuickCheck(this.#entries, watched, "all new names");
    this.common = new QuickCheck(this.#entries.filter(isFrequent), watched, "new names in loops");
  }

  /** Whether everything is in its first state, by the quick check of everything. */
  get areUntouched(): boolean {
    return !this.#hasListeners() && this.#whole.isUntouched();
  }

  /** Called before a job of this kind. */
  enter(kind: string): void {
    if (this.#ofKind.size === 0) return;
    const wanted = this.#ofKind.get(kind) ?? NONE;
    if (wanted === this.#inForce) return;
    putAll(this.#inForce, "before");
    putAll(wanted, "after");
    this.#inForce = wanted;
  }

  /** Called when the module of this kind has been loaded. Returns the names of what it changed. */
  adopt(kind: string): string[] {
    const changes = this.#undo();
    if (changes.length === 0) return [];
    putAll(changes, "after");
    this.#ofKind.set(kind, changes);
    this.#inForce = changes;
    return changes.map(({ name }) => name);
  }

  /** Called after a job: restores the state before it. Like `#undo`, it must not call what a handler can replace. */
  restore(): Restored {
    this.#removeListeners();
    const changes = this.#undo();
    if (changes.length === 0 && this.#inForce === NONE) return { names: [], stuck: [] };
    const own = this.#inForce;
    putAll(own, "after");
    const names: string[] = [];
    const stuck: string[] = [];
    for (let i = 0; i < changes.length; i++) {
      const change = changes[i] as Change;
      const ownChange = changeOf(own, change);
      if (ownChange !== undefined && isEqual(ownChange.after, change.after)) continue;
      append(names, change.name);
      if (ownChange === undefined && !isAsBefore(change)) append(stuck, change.name);
    }
    return { names, stuck };
  }

  #watch(object: object, name: string): void {
    const keys = ownKeys(object);
    const isOpen = OPEN.includes(object) || typeof object === "function" && object !== Error;
    // An object that was frozen from the start is not a change.
    if (isExtensible(object)) this.#watched.push({ object, name, keys, isOpen });
    for (const key of keys) {
      const descriptor = descriptorOf(object, key);
      if (descriptor === undefined || !descriptor.configurable && !descriptor.writable) continue;
      const { value } = descriptor;
      if (value !== value) continue;
      const ofObject = name;
      this.#entries.push({ object, key, ofObject, name: `${name}.${String(key)}`, value, descriptor });
    }
  }

  /**
   * Restores everything to its first state, and returns what differed. Must not call anything that a handler can
   * replace: only functions captured before, and the language itself.
   */
  #undo(): Change[] {
    const changes: Change[] = [];
    for (let i = 0; i < this.#entries.length; i++) {
      const entry = this.#entries[i] as Entry;
      if (isUnchanged(entry)) continue;
      append(changes, undone(entry, entry.descriptor));
    }
    for (let i = 0; i < this.#watched.length; i++) {
      const { object, name, keys, isOpen } = this.#watched[i] as Watched;
      if (!isExtensible(object)) append(changes, frozen(object, name));
      if (isOpen) {
        // It would make `instanceof` wrong for all code.
        if (isIn(keys, hasInstance) || getOwnPropertyDescriptor(object, hasInstance) === undefined) continue;
        append(changes, undone({ object, key: hasInstance, name: `instanceof ${name}` }, undefined));
        continue;
      }
      const now = ownKeys(object);
      if (now.length === keys.length) continue;
      for (let k = 0; k < now.length; k++) {
        const key = now[k] as string | symbol;
        if (isIn(keys, key)) continue;
        append(changes, undone({ object, key, name: `${name}.${nameOfKey(key)}` }, undefined));
      }
    }
    return changes;
  }

  #hasListeners(): boolean {
    for (let i = 0; i < PROCESS_EVENTS.length; i++) {
      const all = apply(listeners, process, [PROCESS_EVENTS[i]]) as readonly unknown[];
      if (all.length !== this.#listeners[i]) return true;
    }
    return false;
  }

  #removeListeners(): void {
    for (let i = 0; i < PROCESS_EVENTS.length; i++) {
      const event = PROCESS_EVENTS[i] as string;
      const all = apply(listeners, process, [event]) as (() => void)[];
      for (let n = this.#listeners[i] as number; n < all.length; n++) {
        apply(removeListener, process, [event, all[n]]);
      }
    }
  }
}

function undone({ object, key, name }: Property, before: PropertyDescriptor | undefined): Change {
  const change = { object, key, name, before, after: descriptorOf(object, key) };
  put(change, before);
  return change;
}

/** Freezing cannot be undone: the change has a `before` that never comes back. */
function frozen(object: object, name: string): Change {
  const key = Symbol("extensible");
  return { object, key, name: `${name} (frozen)`, before: { value: true }, after: undefined };
}

function put({ object, key }: Property, descriptor: PropertyDescriptor | undefined): void {
  if (descriptor === undefined) deleteProperty(object, key);
  else defineProperty(object, key, descriptor);
}

function putAll(changes: readonly Change[], state: "before" | "after"): void {
  for (let i = 0; i < changes.length; i++) {
    const change = changes[i] as Change;
    put(change, change[state]);
  }
}

/** Without a prototype, because a handler that gives all objects a `get` would make every descriptor invalid. */
function descriptorOf(object: object, key: PropertyKey): PropertyDescriptor | undefined {
  const descriptor = getOwnPropertyDescriptor(object, key);
  if (descriptor !== undefined) setPrototypeOf(descriptor, null);
  return descriptor;
}

function isIn(keys: readonly PropertyKey[], key: PropertyKey): boolean {
  for (let i = 0; i < keys.length; i++) if (keys[i] === key) return true;
  return false;
}

function nameOfKey(key: PropertyKey): string {
  return typeof key === "symbol" ? "[a symbol]" : `${key}`;
}

/** The change of this property. */
function changeOf(changes: readonly Change[], { object, key }: Property): Change | undefined {
  for (let i = 0; i < changes.length; i++) {
    const change = changes[i] as Change;
    if (change.object === object && change.key === key) return change;
  }
  return undefined;
}

function isAsBefore({ object, key, before }: Change): boolean {
  return isEqual(descriptorOf(object, key), before);
}

function isEqual(left: PropertyDescriptor | undefined, right: PropertyDescriptor | undefined): boolean {
  return left?.value === right?.value && left?.get === right?.get && left?.set === right?.set;
}
