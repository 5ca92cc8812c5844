/** Ends threads from outside, as no part of the system would: the supervisor neither asks for it nor is told. */
import { HostedThreads, type ThreadOptions } from "../../workers/places/hosted_threads.ts";

/** Knows every thread that is started through it, by the name it was given. */
export class WatchedThreads extends HostedThreads {
  readonly #ends = new Map<string, () => void>();

  override start(options: ThreadOptions): () => void {
    const end = super.start(options);
    this.#ends.set(options.name, end);
    return end;
  }

  /** The last one of this name. */
  end(name: string): void {
    const end = this.#ends.get(name);
    if (end === undefined) throw new Error(`No thread was named "${name}"`);
    end();
  }
}
