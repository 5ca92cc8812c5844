/**
 * The import map and the lock that Deno reads when it starts the supervisor for another project's handlers.
 * They lie where no handler can write, because they decide what is loaded as the system's own code.
 */
import { join } from "node:path";
import type { HandlerProject } from "./handler_project.ts";

export class LaunchFiles implements Disposable {
  readonly #project: HandlerProject | null;
  #folder: string | null = null;

  constructor(project: HandlerProject | null) {
    this.#project = project;
  }

  /** Writes them anew for each start: on a system that runs for weeks, temporary files may be removed. */
  flags(): string[] {
    if (this.#project === null) return [];
    this[Symbol.dispose]();
    this.#folder = Deno.makeTempDirSync({ prefix: "persistent-queue-start-" });
    const [map, lock] = [join(this.#folder, "import_map.json"), join(this.#folder, "deno.lock")];
    Deno.writeTextFileSync(map, JSON.stringify(this.#project.imports));
    Deno.writeTextFileSync(lock, this.#project.lock);
    // A project without its own lock may still have its packages installed.
    return [`--import-map=${map}`, `--lock=${lock}`, "--frozen=false"];
  }

  [Symbol.dispose](): void {
    if (this.#folder === null) return;
    try {
      Deno.removeSync(this.#folder, { recursive: true });
    } catch {
      // It is already removed.
    }
    this.#folder = null;
  }
}
