/**
 * What Deno reads when it starts the supervisor for the handlers of another project: an import map and a lock. They lie
 * where no handler can write, for they decide what is loaded as our own code.
 */
import { join } from "node:path";
import type { HandlerProject } from "./handler_project.ts";

export class LaunchFiles implements Disposable {
  readonly #project: HandlerProject | null;
  #folder: string | null = null;

  constructor(project: HandlerProject | null) {
    this.#project = project;
  }

  /** Writes them anew for each start: a system that runs for weeks may find its temporary files tidied away. */
  flags(): string[] {
    if (this.#project === null) return [];
    this[Symbol.dispose]();
    this.#folder = Deno.makeTempDirSync({ prefix: "persistent-queue-start-" });
    const [map, lock] = [join(this.#folder, "import_map.json"), join(this.#folder, "deno.lock")];
    Deno.writeTextFileSync(map, JSON.stringify(this.#project.imports));
    Deno.writeTextFileSync(lock, this.#project.lock);
    // A project without a lock of its own may still have its packages installed.
    return [`--import-map=${map}`, `--lock=${lock}`, "--frozen=false"];
  }

  [Symbol.dispose](): void {
    if (this.#folder === null) return;
    try {
      Deno.removeSync(this.#folder, { recursive: true });
    } catch {
      // It is tidied away already.
    }
    this.#folder = null;
  }
}
