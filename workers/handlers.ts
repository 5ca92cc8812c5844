/** The kinds of jobs: one file each in a folder, named after the kind. */
import { GiveUp, type HandlerModule } from "./handler.ts";

/** Where a team adds its own. */
export const HANDLERS: URL = new URL("./handlers/", import.meta.url);

/** What a timer can wait for: 2^31 milliseconds. */
const LONGEST_DEADLINE_MS = 2_147_483_647;

const FILE_NAME = /^([a-z][a-z0-9_]{0,63})\.ts$/;

/** In alphabetical order. */
export function listKinds(folder = HANDLERS): string[] {
  const kinds: string[] = [];
  for (const { name, isFile } of Deno.readDirSync(folder)) {
    const kind = FILE_NAME.exec(name)?.[1];
    if (isFile && kind !== undefined) kinds.push(kind);
  }
  return kinds.sort();
}

/** Loads handlers when they are first needed. */
export class Handlers {
  readonly #folder: URL;
  readonly #loaded = new Map<string, HandlerModule>();

  constructor(folder: URL) {
    this.#folder = folder;
  }

  /** Null until it has been loaded once: then no job waits for it. */
  loaded(kind: string): HandlerModule | null {
    return this.#loaded.get(kind) ?? null;
  }

  /** @throws {GiveUp} where there is no such handler: no retry brings it */
  async load(kind: string): Promise<HandlerModule> {
    if (!listKinds(this.#folder).includes(kind)) throw new GiveUp(`No handler is named "${kind}"`);
    const module: Partial<HandlerModule> = await import(new URL(`${kind}.ts`, this.#folder).href);
    if (typeof module.handler !== "function") {
      throw new GiveUp(`The handler file ${kind}.ts does not export \`handler\``);
    }
    if (module.deadlineMs !== undefined && !isDeadline(module.deadlineMs)) {
      throw new GiveUp(`The handler file ${kind}.ts exports a deadlineMs that is no number of milliseconds`);
    }
    const complete = {
      handler: module.handler,
      ...(module.deadlineMs === undefined ? {} : { deadlineMs: module.deadlineMs }),
    };
    this.#loaded.set(kind, complete);
    return complete;
  }
}

function isDeadline(ms: unknown): boolean {
  return typeof ms === "number" && ms > 0 && ms <= LONGEST_DEADLINE_MS;
}
