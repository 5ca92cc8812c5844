/** Ends threads from outside: the supervisor neither asks for it nor is notified. */
import {
  type HostedThread,
  HostedThreads,
  type ThreadOptions,
} from "../../../workers/slots/hosted_threads.ts";

/** Knows every thread that is started through it, by the name it was given. */
export class WatchedThreads extends HostedThreads {
  readonly #threads = new Map<string, HostedThread>();

  override start(options: ThreadOptions): HostedThread {
    const thread = super.start(options);
    this.#threads.set(options.name, thread);
    return thread;
  }

  /** The last one of this name. */
  end(name: string): void {
    const thread = this.#threads.get(name);
    if (thread === undefined) throw new Error(`No thread was named "${name}"`);
    thread.terminate();
  }
}
