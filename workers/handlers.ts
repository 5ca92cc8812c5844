/** The handlers of a thread. Each is loaded when its first job arrives. */
import type { HandlerModule } from "./handler.ts";
import { listKinds as kindsIn } from "./handler_files.ts";

/** The handlers that come with the system. */
export const HANDLERS: URL = new URL("./handlers/", import.meta.url);

/** The sample kind, whose jobs the producer adds: available whatever folder the other handlers are in. */
const SAMPLE = "file";

/** The longest wait of a timer: 2^31 milliseconds. */
const LONGEST_DEADLINE_MS = 2_147_483_647;

/** A module that never finishes loading, because it waits at its top level, fails only its own job. */
const LOAD_MS = 10_000;

/** In alphabetical order. */
export function listKinds(folder: URL = HANDLERS): string[] {
  const kinds = kindsIn(folder);
  return kinds.includes(SAMPLE) || !kindsIn(HANDLERS).includes(SAMPLE) ? kinds : [...kinds, SAMPLE].sort();
}

export class Handlers {
  readonly #folder: URL;
  readonly #loaded = new Map<string, HandlerModule>();
  /** By kind. A module that failed to load stays failed under its URL, so the next attempt uses a new URL. */
  readonly #failures = new Map<string, number>();

  constructor(folder: URL) {
    this.#folder = folder;
  }

  /** Null until the handler has been loaded; after that no job has to wait for it. */
  loaded(kind: string): HandlerModule | null {
    return this.#loaded.get(kind) ?? null;
  }

  /** @throws {Error} with a sentence that names the file; the next attempt loads it again */
  async load(kind: string): Promise<HandlerModule> {
    try {
      const module = checked(kind, await this.#import(kind));
      this.#loaded.set(kind, module);
      return module;
    } catch (error) {
      this.#failures.set(kind, this.#failuresOf(kind) + 1);
      throw error;
    }
  }

  async #import(kind: string): Promise<Partial<HandlerModule>> {
    const url = this.#urlOf(kind);
    const failures = this.#failuresOf(kind);
    if (failures > 0) url.search = `again=${failures}`;
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new Error(loadTimeout(kind))), LOAD_MS);
    try {
      return await Promise.race([import(url.href), late.promise]);
    } catch (error) {
      throw named(kind, error);
    } finally {
      clearTimeout(timer);
    }
  }

  #failuresOf(kind: string): number {
    return this.#failures.get(kind) ?? 0;
  }

  #urlOf(kind: string): URL {
    if (kindsIn(this.#folder).includes(kind)) return new URL(`${kind}.ts`, this.#folder);
    if (kind === SAMPLE) return new URL(`${kind}.ts`, HANDLERS);
    throw new Error(`The handler file ${kind}.ts is gone`);
  }
}

/**
 * Keeps the error itself, because its stack says where it happened. But a module may throw something that is not an
 * error, or that is frozen.
 */
function named(kind: string, thrown: unknown): unknown {
  const words = `The handler file ${kind}.ts cannot be loaded`;
  try {
    if (thrown instanceof Error) {
      // Modules that import each other throw the error of the one that failed.
      const why = thrown.message.replace(/^The handler file \S+ cannot be loaded: /, "");
      thrown.message = `${words}: ${why}${isTaken(thrown) ? TAKEN : ""}`;
      return thrown;
    }
  } catch {
    // It is a proxy, or frozen.
  }
  return new Error(words, { cause: thrown });
}

const TAKEN = ", by another program or another consumer: each consumer loads this file";

/** Two handlers that import each other throw the same error, which is explained once. */
function isTaken(error: Error): boolean {
  return error instanceof Deno.errors.AddrInUse && !error.message.endsWith(TAKEN);
}

function loadTimeout(kind: string): string {
  return `it has not finished loading after ${
    LOAD_MS / 1000
  } s, because ${kind}.ts or what it imports waits at its top level`;
}

function checked(kind: string, { handler, deadlineMs }: Partial<HandlerModule>): HandlerModule {
  if (typeof handler !== "function") {
    throw new Error(`The handler file ${kind}.ts does not export a function named handler`);
  }
  if (isGenerator(handler)) {
    throw new Error(
      `The handler of ${kind}.ts is a generator, which runs nothing when it is called: use a function`,
    );
  }
  if (deadlineMs === undefined) return { handler };
  if (!isDeadline(deadlineMs)) {
    throw new Error(`The handler file ${kind}.ts exports a deadlineMs that is not a number of milliseconds`);
  }
  return { handler, deadlineMs };
}

function isGenerator(handler: object): boolean {
  return Object.prototype.toString.call(handler).endsWith("GeneratorFunction]");
}

function isDeadline(ms: unknown): boolean {
  return typeof ms === "number" && ms > 0 && ms <= LONGEST_DEADLINE_MS;
}
