/** Serves the Manager and Ops on their two ports from the first moment of a start. */
import type { Queue } from "@persistent-queue/queue";
import { managerApp, opsApp } from "./app.ts";
import { sharedThrottle } from "./auth/shared_throttle.ts";
import type { App, BaseOptions } from "./base_app.ts";
import { ServeError } from "./http/errors.ts";
import { assertFree, serve, type Served } from "./http/serve.ts";
import type { System } from "./page_deps.ts";
import { waitingApp } from "./waiting_app.tsx";

export interface PagesOptions extends Omit<BaseOptions, "bindAddress" | "publicUrl"> {
  /** The address that both servers are bound to. */
  readonly bindAddress: string;
  readonly managerPort: number;
  readonly opsPort: number;
  /** How people reach the Manager; null = as it is bound. */
  readonly publicUrl: string | null;
  readonly opsPublicUrl: string | null;
  readonly faultInjection: boolean;
  readonly password: string;
  /** Null: scripts have to log in. */
  readonly apiToken: string | null;
  readonly version: string;
  /** The path of a file that outlives the process, by name; undefined if there is none. */
  readonly stateFile: (name: string) => string | undefined;
  /** Both receive sentences for the log. */
  readonly onWarning: (sentence: string) => void;
  readonly onAudit: (sentence: string) => void;
}

/** One for each server, in this order. */
type Pair<T> = readonly [manager: T, ops: T];

export class Pages {
  readonly #options: PagesOptions;
  readonly #apps: Pair<SwappableApp> = [new SwappableApp(), new SwappableApp()];
  #served: Pair<Served> | null = null;
  /** Why there is no queue yet. */
  #reason = "";
  #beginRequest = () => () => {};
  /** Sentences about sessions that are not kept, by the file that they belong in. */
  readonly #unkept = new Map<string, string>();

  constructor(options: PagesOptions) {
    this.#options = options;
  }

  /** The addresses of the pages, once they are served. */
  get urls(): readonly string[] {
    return this.#served?.map(({ url }) => url) ?? [];
  }

  /** For the operator. */
  get warnings(): readonly string[] {
    return [...this.#unkept.values()];
  }

  /** While there is no queue, both pages say why, in a sentence that strangers may read. Resolves when they do. */
  async wait(why: string): Promise<void> {
    this.#reason = why;
    if (this.#served !== null) return;
    const { publicUrl, opsPublicUrl } = this.#options;
    const [manager, ops] = this.#apps;
    try {
      manager.set(waitingApp({ ...this.#options, publicUrl }, () => this.#reason));
      ops.set(waitingApp({ ...this.#options, publicUrl: opsPublicUrl }, () => this.#reason));
      await Promise.allSettled(this.#serve().map(({ ready }) => ready));
    } catch (error) {
      // A previous supervisor may still hold the ports. `show` reports a lasting problem.
      if (!(error instanceof ServeError)) throw error;
    }
  }

  /** Resolves when both are served. @throws {ServeError} with a sentence that says what to do */
  async show(queue: Queue, system: System): Promise<void> {
    const { password, publicUrl, opsPublicUrl, managerPort, opsPort, stateFile, ...rest } = this.#options;
    const { shared } = queue;
    // Shared by both servers and by all hosts, so that two ports do not double the rate of password guesses.
    const throttle = sharedThrottle("passwords", { shared, now: Date.now, onGuesses: rest.onWarning });
    const common = {
      ...{ ...rest, queue, shared, system, password, throttle },
      deviceKeyFile: stateFile("device-key"),
      onSessionFile: (file: string, trouble: string | null) => this.#noteSessionFile(file, trouble),
    };
    const [manager, ops] = this.#apps;
    manager.set(managerApp({
      ...{ ...common, publicUrl, port: managerPort, sessionFile: stateFile("sessions") },
      ...{ otherPort: opsPort, otherPublicUrl: opsPublicUrl },
    }));
    ops.set(opsApp({
      ...{ ...common, publicUrl: opsPublicUrl, port: opsPort, sessionFile: stateFile("ops-sessions") },
      ...{ otherPort: managerPort, otherPublicUrl: publicUrl },
    }));
    this.#beginRequest = () => queue.beginRequest();
    await Promise.all(this.#serve().map(({ ready }) => ready));
  }

  #noteSessionFile(file: string, trouble: string | null): void {
    if (trouble === null) {
      this.#unkept.delete(file);
      return;
    }
    const warning = `Logins end with a restart, because ${file} cannot be used: ${trouble}.`;
    if (!this.#unkept.has(file)) this.#options.onWarning(warning);
    this.#unkept.set(file, warning);
  }

  async close(): Promise<void> {
    await Promise.all(this.#served?.map((one) => one.close()) ?? []);
  }

  #serve(): Pair<Served> {
    return this.#served ??= this.#listen();
  }

  #listen(): Pair<Served> {
    const { host, bindAddress, trustedProxies = [], managerPort, opsPort } = this.#options;
    const onRequest = () => this.#beginRequest();
    const listen = { name: host, hostname: bindAddress, trustedProxies, onRequest };
    const [manager, ops] = this.#apps;
    const ofManager = { ...listen, app: manager, port: managerPort, setting: "MANAGER_PORT" };
    const ofOps = { ...listen, app: ops, port: opsPort, setting: "OPS_PORT" };
    // A page that is served alone would have the port that the next attempt needs.
    assertFree([ofManager, ofOps]);
    const pair = [serve(ofManager), serve(ofOps)] as const;
    // `show` reports a port that another program took at this very moment.
    for (const { ready } of pair) ready.catch(() => {});
    return pair;
  }
}

/** An app that can be replaced while the server around it stays. */
class SwappableApp implements Pick<App, "fetch" | "close"> {
  #app: App | null = null;

  set(app: App): void {
    this.#app = app;
  }

  fetch(...request: Parameters<App["fetch"]>): ReturnType<App["fetch"]> {
    return this.#app?.fetch(...request) ?? new Response(null, { status: 503 });
  }

  close(): void {
    this.#app?.close();
  }
}
