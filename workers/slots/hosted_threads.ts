/**
 * The threads in which handlers run, started by a host that has only the handlers' permissions (`host.ts`). So a
 * handler cannot open the database or the state files, although it runs in the process that needs them. In Deno 2.9 a
 * thread started by another thread takes half a second longer than one started by the process. So a spare thread is
 * kept ready for the next consumer that is replaced.
 */
import { MessageChannel, type MessagePort } from "node:worker_threads";
import { hasRoomFor } from "../process/open_files.ts";

/** What handlers may do, in the form that a Web Worker accepts. */
export type ThreadPermissions = Deno.PermissionOptionsObject | "inherit";

export interface ThreadError {
  readonly message: string;
  readonly code: string | null;
}

export interface ThreadOptions {
  readonly url: URL;
  /** Shown to operators who list the threads of a process. */
  readonly name: string;
  /** The limit of its heap, in megabytes; V8's own limit unless given. */
  readonly memoryMb?: number;
  /** Whether a spare thread of the same kind is kept ready. */
  readonly keepsSpare?: boolean;
  /** The thread has ended with an error. */
  readonly onError: (error: ThreadError) => void;
  readonly onExit: () => void;
}

export interface HostedThread {
  /** Its other end belongs to the thread. It closes when nothing of the thread runs anymore. */
  readonly port: MessagePort;
  /** Ends the thread wherever it is, except inside a native call. */
  readonly terminate: () => void;
}

export type ToHost =
  | {
    readonly type: "start";
    readonly id: number;
    readonly url: string;
    readonly name: string;
    readonly port: MessagePort;
    readonly memoryMb: number | undefined;
  }
  | { readonly type: "end"; readonly id: number };

export type FromHost =
  | { readonly type: "error"; readonly id: number; readonly message: string; readonly code: string | null }
  | { readonly type: "exit"; readonly id: number };

interface Running extends HostedThread {
  readonly id: number;
  /** Null for the spare thread, whose events concern no consumer. */
  owner: Pick<ThreadOptions, "onError" | "onExit"> | null;
}

const HOST = new URL("../host.ts", import.meta.url);
/** Keeps the spare thread from starting together with others, when the system starts or several threads are replaced. */
const SPARE_AFTER_MS = 100;
/** A thread needs eight. If it cannot have them, the runtime ends the whole process. */
const FILES_PER_THREAD = 12;
const ROOM_RETRY_MS = 100;
const CODE = new URL(".", import.meta.url);

export class HostedThreads implements Disposable {
  readonly #permissions: ThreadPermissions;
  readonly #threads = new Map<number, Running>();
  /** Threads that have not begun to start, by id. */
  readonly #waiting = new Map<number, ReturnType<typeof setTimeout>>();
  #spare: Running | null = null;
  #spareTimer: ReturnType<typeof setTimeout> | undefined;
  #host: Worker | null = null;
  #started = 0;

  /** With all the permissions of the process, unless others are given. */
  constructor(permissions: ThreadPermissions = "inherit") {
    this.#permissions = permissions;
  }

  start(options: ThreadOptions): HostedThread {
    const thread = (options.keepsSpare ? this.#takeSpare() : null) ?? this.#start(options);
    thread.owner = options;
    if (options.keepsSpare) this.#prepareSpare(options);
    return thread;
  }

  /** The threads end with their host, and their channels are closed even if a thread takes its time. */
  [Symbol.dispose](): void {
    clearTimeout(this.#spareTimer);
    for (const timer of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
    for (const { port } of this.#threads.values()) port.close();
    this.#spare = null;
    this.#host?.terminate();
    this.#host = null;
    this.#threads.clear();
  }

  #start({ url, name, memoryMb }: ThreadOptions): Running {
    const id = ++this.#started;
    const { port1: port, port2 } = new MessageChannel();
    const terminate = () => this.#end(id);
    const thread: Running = { id, port, terminate, owner: null };
    this.#threads.set(id, thread);
    this.#postStart({ type: "start", id, url: url.href, name, port: port2, memoryMb });
    return thread;
  }

  /** Waits for room if jobs have taken all open files. */
  #postStart(message: ToHost & { type: "start" }): void {
    this.#waiting.delete(message.id);
    if (!this.#threads.has(message.id)) return;
    if (hasRoomFor(FILES_PER_THREAD, CODE)) return this.#post(message, [message.port]);
    this.#waiting.set(message.id, setTimeout(() => this.#postStart(message), ROOM_RETRY_MS));
  }

  #end(id: number): void {
    if (!this.#threads.has(id)) return;
    if (!this.#waiting.has(id)) return this.#post({ type: "end", id });
    clearTimeout(this.#waiting.get(id));
    this.#waiting.delete(id);
    this.#threads.get(id)?.port.close();
    this.#threads.delete(id);
  }

  #takeSpare(): Running | null {
    const spare = this.#spare;
    this.#spare = null;
    return spare;
  }

  #prepareSpare(options: ThreadOptions): void {
    clearTimeout(this.#spareTimer);
    this.#spareTimer = setTimeout(() => this.#spare = this.#start(options), SPARE_AFTER_MS);
  }

  #post(message: ToHost, transfer: readonly MessagePort[] = []): void {
    this.#host ??= this.#startHost();
    // A port of `node:worker_threads` is a web port; only the types differ.
    this.#host.postMessage(message, transfer as unknown as Transferable[]);
  }

  #startHost(): Worker {
    const permissions = this.#permissions === "inherit" ? {} : { deno: { permissions: this.#permissions } };
    const host = new Worker(HOST, { type: "module", name: "thread host", ...permissions });
    host.onmessage = ({ data }: MessageEvent<FromHost>) => this.#hear(data);
    host.onerror = (event) => {
      // Unhandled, the error would end this process.
      event.preventDefault();
      if (this.#host === host) this.#lost(event.message);
    };
    return host;
  }

  #hear(message: FromHost): void {
    const thread = this.#threads.get(message.id);
    if (thread === undefined) return;
    if (thread === this.#spare) this.#spare = null;
    if (message.type === "error") return thread.owner?.onError(message);
    this.#threads.delete(message.id);
    thread.owner?.onExit();
  }

  /** The host's threads have ended with it. The next thread gets a new host. */
  #lost(why: string): void {
    const threads = [...this.#threads.values()];
    this[Symbol.dispose]();
    for (const { owner } of threads) {
      owner?.onError({ message: `The host of the threads failed: ${why}`, code: null });
      owner?.onExit();
    }
  }
}
