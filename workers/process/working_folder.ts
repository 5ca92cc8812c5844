const { chdir, cwd } = Deno;

/** The working folder belongs to the whole process, and a handler that really wants to can change it. */
export class WorkingFolder {
  readonly #path = cwd();

  /** Puts it right. Returns where it was by then, or null if nothing was wrong. */
  restore(): string | null {
    const path = currentOrNull();
    if (path === this.#path) return null;
    chdir(this.#path);
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
