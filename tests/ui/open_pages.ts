/** Both servers over a real queue in a folder of its own, as the tests of this folder use them. */
import {
  type ConsumerView,
  getQueue,
  type HostView,
  type Queue,
  type SystemView,
} from "@persistent-queue/queue";
import { type App, type AppOptions, managerApp, opsApp } from "@persistent-queue/ui";
import { tempFolder } from "../support/temp_folder.ts";
import { BACKEND, urlFor } from "../support/backend.ts";

export const PASSWORD = "correct horse";
/** Most tests do not care how dear a guess is. */
const CHEAP = { N: 2 ** 10, p: 1 } as const;
export const TOKEN = "token-of-the-tests";

export interface TestPages extends AsyncDisposable {
  readonly queue: Queue;
  readonly manager: App;
  readonly ops: App;
  /** What the system shows; change it at will. */
  view: SystemView;
  /** The other hosts on the queue; none unless a test says so. */
  hosts: readonly HostView[];
  /** The calls of `injectFault`, here and of other hosts. */
  readonly provoked: string[];
  /** Unforeseen errors; a test that causes none may check that this is empty. */
  readonly faults: unknown[];
  /** Sentences for the log. */
  readonly warnings: string[];
  /** Audit lines: what people and scripts did. */
  readonly audit: string[];
  /** A request to the Manager; the caller reads the response. */
  ask(path: string, init?: Ask): Promise<Response>;
  askOps(path: string, init?: Ask): Promise<Response>;
  /** The same with the API token, and with this JSON if there is any. */
  api(path: string, json?: unknown): Promise<Response>;
  /** The cookie of a new session. */
  logIn(): Promise<string>;
  /** The same for Ops. */
  logInToOps(): Promise<string>;
}

export interface Ask extends RequestInit {
  /** The address of the other end. */
  readonly peer?: string;
  /** In the URL. */
  readonly authority?: string;
}

export const CONSUMER: ConsumerView = {
  id: "11111111-1111-4111-8111-111111111111",
  slot: 1,
  state: "idle",
  jobId: null,
  jobMs: 0,
  waiting: 0,
  heartbeatAgeMs: 12,
  done: 7,
  failed: 2,
  restarts: 1,
};

const VIEW: SystemView = {
  startedAt: Date.now(),
  starting: false,
  stopping: false,
  consumers: [CONSUMER],
  wedged: 0,
  sweep: { lastAt: null, lastRequeued: 0 },
  producing: false,
  takesFaults: true,
  warnings: [],
  events: [],
  trouble: null,
  memoryBytes: 1_000_000,
};

/** Ops without a login: on this machine, while the password is the default. */
export const OPEN_OPS = { passwordIsDefault: true } as const;

export interface QueueOfPages {
  /** A database of their own unless given. */
  readonly url?: string;
  /** The clock of the store; on a server, by whose clock sessions end, that of the pages unless given. */
  readonly clock?: () => number;
}

/** `kinds` of the queue are `file` and `mail`. */
export async function openPages(
  options: Partial<AppOptions> = {},
  { url, clock = BACKEND === "sqlite" ? undefined : options.now }: QueueOfPages = {},
): Promise<TestPages> {
  const folder = await tempFolder();
  const queue = await getQueue(url ?? urlFor(folder.file("queue.db")), {
    ...{ role: "owner", kinds: ["file", "mail"] },
    ...(clock === undefined ? {} : { now: clock }),
  });
  const pages = pagesOver(queue, options);
  return {
    ...pages,
    get view() {
      return pages.state.view;
    },
    set view(view) {
      pages.state.view = view;
    },
    get hosts() {
      return pages.state.hosts;
    },
    set hosts(hosts) {
      pages.state.hosts = hosts;
    },
    async [Symbol.asyncDispose]() {
      pages.manager.close();
      pages.ops.close();
      await queue.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

function pagesOver(queue: Queue, options: Partial<AppOptions>) {
  const state: Pick<TestPages, "view" | "hosts"> = { view: VIEW, hosts: [] };
  const provoked: string[] = [];
  const faults: unknown[] = [];
  const warnings: string[] = [];
  const audit: string[] = [];
  const system = {
    view: () => state.view,
    sweep: () => queue.sweep({ held: [], freed: 0 }),
    injectFault(id: string, how: string) {
      provoked.push(`${how} ${id}`);
      return id === CONSUMER.id;
    },
  };
  /** As a queue on a server knows other hosts. */
  const neighbourhood: Partial<Queue> = {
    get hosts() {
      return state.hosts;
    },
    get isShared() {
      return state.hosts.length > 0 || queue.isShared;
    },
    hostName: "here",
    orderFault(id, fault) {
      const isThere = state.hosts.some(({ view }) => view?.consumers.some((consumer) => consumer.id === id));
      if (isThere) provoked.push(`${fault} ${id} elsewhere`);
      return Promise.resolve(isThere);
    },
  };
  const whole: AppOptions = {
    queue: new Proxy(queue, {
      get: (target, name) => Reflect.get(name in neighbourhood ? neighbourhood : target, name),
    }),
    system,
    shared: queue.shared,
    faultInjection: true,
    password: PASSWORD,
    passwordIsDefault: false,
    passwordCost: CHEAP,
    apiToken: TOKEN,
    host: "127.0.0.1",
    port: 8501,
    version: "1.0.0",
    onFault: (error) => faults.push(error),
    onWarning: (sentence) => warnings.push(sentence),
    onAudit: (sentence) => audit.push(sentence),
    ...options,
  };
  const manager = managerApp(whole);
  const ops = opsApp(whole);
  const [ask, askOps] = [asker(manager), asker(ops)];
  return {
    queue,
    manager,
    ops,
    state,
    provoked,
    faults,
    warnings,
    audit,
    ask,
    askOps,
    ...shortcuts(ask),
    logIn: () => logInAt(ask),
    logInToOps: () => logInAt(askOps),
  };
}

function asker(app: App) {
  return async (path: string, { peer = "127.0.0.1", authority = "127.0.0.1:8501", ...init }: Ask = {}) => {
    const remoteAddr = { transport: "tcp", hostname: peer, port: 50_000 } as const;
    const request = new Request(`http://${authority}${path}`, init);
    return await app.fetch(request, { remoteAddr });
  };
}

function shortcuts(ask: TestPages["ask"]) {
  const authorization = `Bearer ${TOKEN}`;
  return {
    api(path: string, json?: unknown) {
      if (json === undefined) return ask(path, { headers: { authorization } });
      const headers = { authorization, "content-type": "application/json" };
      return ask(path, { method: "POST", headers, body: JSON.stringify(json) });
    },
  };
}

async function logInAt(ask: TestPages["ask"]): Promise<string> {
  const body = new URLSearchParams({ password: PASSWORD });
  const response = await ask("/login", { method: "POST", body });
  await response.body?.cancel();
  return response.headers.get("set-cookie")?.split(";")[0] ?? "no cookie";
}
