/**
 * Tests, after every job of microseconds, whether anything has changed that all jobs of a thread share, but not what:
 * perhaps only what the module of the current kind changes for its own jobs. Added names are seen only in what most
 * code uses.
 *
 * A loop that compares properties with their values reads all of them at one place of the code, where V8 caches only a
 * few object shapes: 330 properties take 6 µs. So the comparison is compiled from source text with one place for each
 * property, and takes 0.2 µs. Nothing here calls what a handler can replace.
 */

const { ownKeys } = Reflect;
/** Unlike reading a descriptor, this allocates nothing. */
const lookupGetter: (object: object, key: PropertyKey) => unknown = Function.prototype.call.bind(
  Reflect.get(Object.prototype, "__lookupGetter__"),
);
const CompiledFunction = Function;

interface ExpectedProperty {
  readonly object: object;
  readonly key: PropertyKey;
  readonly value: unknown;
  readonly descriptor: PropertyDescriptor;
}

interface WatchedObject {
  readonly object: object;
  readonly keys: readonly PropertyKey[];
}

/** Functions with more properties take much longer to compile. */
const AT_ONCE = 100;

export class QuickCheck {
  readonly #isSame: () => boolean;
  readonly #accessors: readonly ExpectedProperty[];
  readonly #watched: readonly WatchedObject[];
  /** Objects without enumerable keys. Looping over the keys of `performance` takes as long as over all others together. */
  readonly #looped: readonly object[];
  readonly #sees: "all new names" | "new names in loops";

  constructor(
    entries: readonly ExpectedProperty[],
    watched: readonly WatchedObject[],
    sees: "all new names" | "new names in loops",
  ) {
    this.#sees = sees;
    this.#isSame = checkOf(entries.filter(({ descriptor }) => descriptor.get === undefined));
    this.#accessors = entries.filter(({ descriptor }) => descriptor.get !== undefined);
    this.#watched = watched;
    this.#looped = watched.map(({ object }) => object).filter((object) => keysInLoop(object) === 0);
  }

  isUntouched(): boolean {
    return this.#isUnchanged() &&
      (this.#sees === "all new names" ? this.#hasNoNewKey() : this.#hasNoNewKeyInLoops());
  }

  #isUnchanged(): boolean {
    if (!this.#isSame()) return false;
    const accessors = this.#accessors;
    for (let i = 0; i < accessors.length; i++) {
      if (!isUnchanged(accessors[i] as ExpectedProperty)) return false;
    }
    return true;
  }

  #hasNoNewKey(): boolean {
    for (let i = 0; i < this.#watched.length; i++) {
      const { object, keys } = this.#watched[i] as WatchedObject;
      if (ownKeys(object).length !== keys.length) return false;
    }
    return true;
  }

  #hasNoNewKeyInLoops(): boolean {
    for (let i = 0; i < this.#looped.length; i++) {
      if (keysInLoop(this.#looped[i] as object) > 0) return false;
    }
    return true;
  }
}

function keysInLoop(object: object): number {
  let count = 0;
  for (const _ in object) count++;
  return count;
}

export function isUnchanged({ object, key, value, descriptor }: ExpectedProperty): boolean {
  if (descriptor.get === undefined) return (object as Record<PropertyKey, unknown>)[key] === value;
  return lookupGetter(object, key) === descriptor.get;
}

interface Part {
  readonly some: readonly ExpectedProperty[];
  readonly source: string;
  isSame: (() => boolean) | undefined;
}

/**
 * The source texts are made at once, because handlers may replace what that needs. They are compiled when the check is
 * first called, which never happens in many threads.
 */
function checkOf(properties: readonly ExpectedProperty[]): () => boolean {
  const parts: Part[] = inBatches(properties).map((some) => ({
    some,
    source: sourceOf(some),
    isSame: undefined,
  }));
  return () => {
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i] as Part;
      part.isSame ??= new CompiledFunction("properties", part.source)(part.some) as () => boolean;
      if (!part.isSame()) return false;
    }
    return true;
  };
}

function inBatches(properties: readonly ExpectedProperty[]): (readonly ExpectedProperty[])[] {
  const count = Math.ceil(properties.length / AT_ONCE);
  return Array.from({ length: count }, (_, i) => properties.slice(i * AT_ONCE, (i + 1) * AT_ONCE));
}

function sourceOf(properties: readonly ExpectedProperty[]): string {
  const places = properties.map(({ key }, i) => ({
    taken: `o${i} = properties[${i}].object, k${i} = properties[${i}].key, v${i} = properties[${i}].value`,
    compared: `o${i}[${typeof key === "string" ? JSON.stringify(key) : `k${i}`}] === v${i}`,
  }));
  return `"use strict"; const ${places.map(({ taken }) => taken).join()};
    return () => ${places.map(({ compared }) => compared).join(" && ")};`;
}
