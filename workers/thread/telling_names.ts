/**
 * Names by which libraries recognize where they run. A handler that adds one of them to the global object, to render a
 * page for example, has it for the jobs of its kind, and other kinds do not see it. All other names that handlers add stay
 * for all: they may be the state of a library that several of them share and that is loaded only once. The same holds for
 * what a module adds while it loads.
 */
import { append } from "./runtime.ts";
import { descriptorOf, type Property, put } from "./shared_objects.ts";

/** Of browsers, and of modules in the style of CommonJS. */
const TELLING = ["window", "document", "HTMLElement", "XMLHttpRequest", "require", "module"];

interface AddedName extends Property {
  readonly descriptor: PropertyDescriptor;
}

const NONE: readonly AddedName[] = [];

/** What it does must not call what a handler can replace. */
export class TellingNames {
  /** Those that do not stay for all. */
  #kept = TELLING.filter((name) => !Object.hasOwn(globalThis, name));
  readonly #ofKind = Object.create(null) as Record<string, readonly AddedName[]>;

  /** A module has been loaded: what is there now stays for all. */
  keep(): void {
    const kept: string[] = [];
    for (let i = 0; i < this.#kept.length; i++) {
      const name = this.#kept[i] as string;
      if (descriptorOf(globalThis, name) === undefined) append(kept, name);
    }
    this.#kept = kept;
  }

  /** A job of another kind begins. */
  change(before: string | null, kind: string): void {
    if (before !== null) this.#ofKind[before] = this.#hide();
    const added = this.#ofKind[kind] ?? NONE;
    for (let i = 0; i < added.length; i++) {
      const name = added[i] as AddedName;
      // A module may have added it meanwhile.
      if (descriptorOf(globalThis, name.key) === undefined) put(name, name.descriptor);
    }
  }

  #hide(): readonly AddedName[] {
    const added: AddedName[] = [];
    for (let i = 0; i < this.#kept.length; i++) {
      const key = this.#kept[i] as string;
      const descriptor = descriptorOf(globalThis, key);
      if (descriptor === undefined) continue;
      const name = { object: globalThis, key, name: key, descriptor };
      append(added, name);
      put(name, undefined);
    }
    return added;
  }
}
