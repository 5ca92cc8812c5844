/**
 * The threads in which handlers run, started by a host that has the permissions of the handlers and no more: a handler
 * cannot open the database or the state files, though it runs in the process that needs them (`host.ts`).
 */
import type { MessagePort } from "node:worker_threads";

/** What handlers may do, as a Web Worker is told it. */
export type ThreadPermissions = Deno.PermissionOptionsObject | "inherit";

export interface ThreadError {
  readonly message: string;
  readonly code: string | null;
}

export interface ThreadOptions {
  readonly url: URL;
  readonly name: string;
  readonly workerData: object;
  readonly transfer: readonly MessagePort[];
  /** What its heap may hold, in megabytes; as much as V8 likes unless given. */
  readonly memoryMb?: number;
  /** It ended with an error. */
  readonly onError: (error: ThreadError) => void;
  readonly onExit: () => void;
}

export type ToHost =
  | {
    readonly type: "start";
    readonly id: number;
    readonly url: string;
    readonly name: string;
    readonly workerData: object;
    readonly transfer: readonly MessagePort[];
    readonly memoryMb: number | undefined;
  }
  | { readonly type: "end"; readonly id: number };

export type FromHost =
  | { readonly type: "error"; readonly id: number; readonly message: string; readonly code: string | null }
  | { readonly type: "exit"; readonly id: number };

const HOST = new URL("../host.ts", import.meta.url);

export class HostedThreads implements Disposable {
  readonly #permissions: ThreadPermissions;
  readonly #threads = new Map<number, ThreadOptions>();
  #host: Worker | null = null;
  #started = 0;

  /** All that the process may do unless permissions are given. */
  constructor(permissions: ThreadPermissions = "inherit") {
    this.#permissions = permissions;
  }

  /** Returns what ends the thread, wherever it is unless inside a native call. */
  start(options: ThreadOptions): () => void {
    const id = ++this.#started;
    this.#threads.set(id, options);
    const { url, name, workerData, transfer, memoryMb } = options;
    this.#post({ type: "start", id, url: url.href, name, workerData, transfer, memoryMb }, transfer);
    return () => this.#post({ type: "end", id });
  }

  /** The threads end with their host. */
  [Symbol.dispose](): void {
    this.#host?.terminate();
    this.#host = null;
    this.#threads.clear();
  }

  #post(message: ToHost, transfer: readonly MessagePort[] = []): void {
    this.#host ??= this.#startHost();
    // A port of `node:worker_threads` is one of the web's; only the types differ.
    this.#host.postMessage(message, transfer as unknown as Transferable[]);
  }

  #startHost(): Worker {
    const options = {
      type: "module",
      name: "thread host",
      deno: { permissions: this.#permissions },
    } as const;
    const host = new Worker(HOST, options);
    host.onmessage = ({ data }: MessageEvent<FromHost>) => this.#hear(data);
    host.onerror = (event) => {
      // Unheard, it would end this process.
      event.preventDefault();
      if (this.#host === host) this.#lost(event.message);
    };
    return host;
  }

  #hear(message: FromHost): void {
    const thread = this.#threads.get(message.id);
    if (message.type === "error") return thread?.onError(message);
    this.#threads.delete(message.id);
    thread?.onExit();
  }

  /** Its threads have ended with it; the next one that is started gets a new host. */
  #lost(why: string): void {
    const threads = [...this.#threads.values()];
    this[Symbol.dispose]();
    for (const { onError, onExit } of threads) {
      onError({ message: `The host of the threads failed: ${why}`, code: null });
      onExit();
    }
  }
}
