/**
 * The globals of a thread, the same for every job: a handler's changes are undone when its job has ended. What a module
 * adds while it loads (a polyfill) stays for all, because a thread loads it once, for all handlers that import it. What it
 * replaces (an instrumentation) applies only to the jobs of its own kind.
 */
import { ProcessListeners } from "./process_listeners.ts";
import { isUnchanged, QuickCheck } from "./quick_check.ts";
import { append } from "./runtime.ts";
import {
  CHAIN,
  descriptorOf,
  isCommon,
  isEqual,
  isIn,
  nameOfKey,
  type Property,
  put,
  sharedObjects,
  watchLazyClasses,
} from "./shared_objects.ts";

const { getOwnPropertyDescriptor, getPrototypeOf, isExtensible, ownKeys } = Reflect;
const { hasInstance } = Symbol;

interface Entry extends Property {
  readonly ofObject: string;
  readonly value: unknown;
  readonly descriptor: PropertyDescriptor;
}

interface Watched {
  readonly object: object;
  readonly name: string;
  readonly prototype: object | null;
  readonly keys: PropertyKey[];
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
  /** How many of both the quick checks see. The rest are those of classes that were loaded later. */
  readonly #early: { readonly entries: number; readonly watched: number };
  /** Checks everything that existed at first (25 µs). */
  readonly #whole: QuickCheck;
  /** Checks what most code uses (1 µs). Of added names it sees only those that a loop over an object's keys meets. */
  readonly common: QuickCheck;
  readonly #listeners = new ProcessListeners();
  readonly #ofKind = new Map<string, readonly Change[]>();
  #inForce: readonly Change[] = NONE;

  constructor() {
    watchLazyClasses((object, name) => this.#watch(object, name));
    for (const [object, name] of sharedObjects()) this.#watch(object, name);
    this.#early = { entries: this.#entries.length, watched: this.#watched.length };
    const watched = this.#watched.filter(({ name, isOpen }) => isCommon(name) && !isOpen);
    const isFrequent = ({ name, ofObject }: Entry) => isCommon(name) || isCommon(ofObject);
    this.#whole = new QuickCheck(this.#entries, watched, "all new names");
    this.common = new QuickCheck(this.#entries.filter(isFrequent), watched, "new names in loops");
  }

  /** Whether everything is in its first state, by the quick check of everything. */
  get areUntouched(): boolean {
    return !this.#listeners.areMore && this.#whole.isUntouched() && this.#areChainsUntouched() &&
      this.#areLateUntouched();
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

  /** Called when the module of this kind has been loaded. Returns the names of what applies only to its jobs. */
  adopt(kind: string): string[] {
    const all = this.#undo();
    const changes: Change[] = [];
    for (let i = 0; i < all.length; i++) {
      const change = all[i] as Change;
      if (!this.#keepAddition(change)) append(changes, change);
    }
    if (changes.length === 0) return [];
    putAll(changes, "after");
    this.#ofKind.set(kind, changes);
    this.#inForce = changes;
    return changes.map(({ name }) => name);
  }

  /** Called after a job: restores the state before it. Like `#undo`, it must not call what a handler can replace. */
  restore(): Restored {
    this.#listeners.removeAdded();
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

  /** Of a lazily loaded class it is called while a handler runs, so it must not call what that can replace. */
  #watch(object: object, name: string): void {
    const keys = ownKeys(object);
    const isOpen = object === globalThis || object === Deno || object === process ||
      typeof object === "function" && object !== Error;
    // An object that was frozen from the start is not a change.
    if (isExtensible(object)) {
      append(this.#watched, { object, name, prototype: getPrototypeOf(object), keys, isOpen });
    }
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as string | symbol;
      this.#expect({ object, key, name: `${name}.${nameOfKey(key)}` }, name);
    }
  }

  /** From now on, this property is to stay as it is. */
  #expect({ object, key, name }: Property, ofObject: string): void {
    const descriptor = descriptorOf(object, key);
    if (descriptor === undefined || !descriptor.configurable && !descriptor.writable) return;
    const { value } = descriptor;
    if (value === value) append(this.#entries, { object, key, ofObject, name, value, descriptor });
  }

  /** Returns false for all other changes. What decides about `instanceof` concerns all code. */
  #keepAddition(change: Change): boolean {
    const { object, key, before, after } = change;
    if (before !== undefined || after === undefined || key === hasInstance) return false;
    put(change, after);
    this.#expect(change, change.name);
    for (let i = 0; i < this.#watched.length; i++) {
      const watched = this.#watched[i] as Watched;
      if (watched.object === object) append(watched.keys, key);
    }
    return true;
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
      const { object, name, prototype, keys, isOpen } = this.#watched[i] as Watched;
      if (getPrototypeOf(object) !== prototype) {
        append(
          changes,
          undone({ object, key: CHAIN, name: `the prototype of ${name}` }, { value: prototype }),
        );
      }
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

  #areChainsUntouched(): boolean {
    for (let i = 0; i < this.#watched.length; i++) {
      const { object, prototype } = this.#watched[i] as Watched;
      if (getPrototypeOf(object) !== prototype) return false;
    }
    return true;
  }

  #areLateUntouched(): boolean {
    for (let i = this.#early.entries; i < this.#entries.length; i++) {
      if (!isUnchanged(this.#entries[i] as Entry)) return false;
    }
    for (let i = this.#early.watched; i < this.#watched.length; i++) {
      const { object, keys, isOpen } = this.#watched[i] as Watched;
      if (!isOpen && ownKeys(object).length !== keys.length) return false;
    }
    return true;
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

function putAll(changes: readonly Change[], state: "before" | "after"): void {
  for (let i = 0; i < changes.length; i++) {
    const change = changes[i] as Change;
    put(change, change[state]);
  }
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
