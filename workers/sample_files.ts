/** Removes the producer's files together with their jobs: otherwise one every five seconds would fill the disk. */
import type { Settings } from "./config.ts";

/** Marks a file of the producer; it follows the time in the first line. */
export const CREATED = "created by the producer";

const NAME = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.txt$/;
/** Enough for the time and the mark. */
const HEAD_BYTES = 64;

export class SampleFiles {
  readonly #settings: Pick<Settings, "filesDir" | "filesPrefix">;
  #done: Promise<void> = Promise.resolve();

  constructor(settings: Pick<Settings, "filesDir" | "filesPrefix">) {
    this.#settings = settings;
  }

  /** `ids`: of removed jobs. Files that the producer did not create are kept, whatever their names. */
  remove(ids: readonly string[]): void {
    const names = ids.flatMap((id) => this.#nameOf(id) ?? []);
    if (names.length === 0) return;
    this.#done = this.#done.then(async () => {
      for (const name of names) await removeIfProduced(`${this.#settings.filesDir}/${name}`);
    });
  }

  /** Resolves when all requested removals are done. */
  get done(): Promise<void> {
    return this.#done;
  }

  #nameOf(id: string): string | null {
    const prefix = `${this.#settings.filesPrefix}/`;
    const name = id.slice(prefix.length);
    return id.startsWith(prefix) && NAME.test(name) ? name : null;
  }
}

/** Never throws: a file that cannot be removed stays. */
async function removeIfProduced(path: string): Promise<void> {
  try {
    const { isFile, nlink } = await Deno.lstat(path);
    if (isFile && nlink === 1 && isProduced(await headOf(path))) await Deno.remove(path);
  } catch {
    // It is already gone, or belongs to another user.
  }
}

async function headOf(path: string): Promise<string> {
  using file = await Deno.open(path);
  const buffer = new Uint8Array(HEAD_BYTES);
  const length = await file.read(buffer);
  return new TextDecoder().decode(buffer.subarray(0, length ?? 0));
}

function isProduced(head: string): boolean {
  const [first = ""] = head.split("\n");
  const [time = "", ...words] = first.split(" ");
  return words.join(" ") === CREATED && !Number.isNaN(Date.parse(time));
}
