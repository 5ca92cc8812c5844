/** Puts the working folder back after a handler has moved it. */

const { chdir, cwd } = Deno;

/** The working folder is shared by the whole process, and a determined handler can change it. */
export class WorkingFolder {
  readonly #path = cwd();

  get isMoved(): boolean {
    return currentOrNull() !== this.#path;
  }

  /**
   * Restores it. Returns the folder that it was changed to, or null if it was unchanged. A handler's thread may not
   * enter the folder of the start: the supervisor restores it as soon as the thread reports the change.
   */
  restore(): string | null {
    const path = currentOrNull();
    if (path === this.#path) return null;
    try {
      chdir(this.#path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotCapable)) throw error;
    }
    return path ?? "a folder that is gone";
  }
}

function currentOrNull(): string | null {
  try {
    return cwd();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
