/** The two servers: the Manager, behind a login, and Ops, which only shows. `main.ts` gives them their ports. */
import { Hono, type MiddlewareHandler } from "hono";
import { bodyLimit } from "./http/body_limit.ts";
import { errorResponse } from "./http/error_response.tsx";
import { apiRoutes } from "./api/routes.ts";
import { ApiToken, authenticate } from "./auth/authenticate.ts";
import type { AppEnv, Progress } from "./http/app_env.ts";
import { basePathOf, locationBelow, refuseOwnPath, withoutBase } from "./http/page_address.ts";
import { compressed } from "./http/compression.ts";
import type { Broadcast } from "./live/broadcast.ts";
import { clientOf } from "./http/client_address.ts";
import { OwnCookie } from "./auth/cookies.ts";
import { Devices } from "./auth/devices.ts";
import { headers } from "./http/headers.ts";
import { hostGuard } from "./http/host_guard.ts";
import { changes, snapshots, StreamLimit, streamOf } from "./live/streams.ts";
import { ALWAYS_ROOM, largeBodiesInTurn, UNWATCHED, whenThereIsRoom } from "./http/backpressure.ts";
import { loginRoutes } from "./auth/login.tsx";
import { managerPages } from "./manager/pages.tsx";
import { metrics, probes } from "./ops/monitoring.ts";
import { opsPages } from "./ops/pages.tsx";
import { within } from "./auth/looks.ts";
import { type HashCost, Password } from "./auth/password.ts";
import { ownPagesOnly, peerGuard, sameOrigin } from "./http/origin_guard.ts";
import type { OpsDeps, PageDeps } from "./page_deps.ts";
import type { SharedByHosts } from "@persistent-queue/queue";
import { ONE_JOB_BYTES } from "./api/read_json.ts";
import { HttpError, noSuchRoute, tooLarge } from "./http/errors.ts";
import { keptNowhere, Sessions, type SessionsOptions } from "./auth/session.ts";
import { FileSessions, sessionFile } from "./auth/session_file.ts";
import { SharedSessions } from "./auth/shared_sessions.ts";
import { sharedThrottle } from "./auth/shared_throttle.ts";
import { staticFile } from "./http/static_files.ts";
import { Throttle } from "./auth/throttle.ts";

/** Of each server: viewers of Ops, which needs no login, are not to take the places of the Manager's. */
const MAX_STREAMS = 25;
/** For what only the server of the queue knows. */
const PATIENCE_MS = 1_000;

export interface AppOptions extends Omit<PageDeps, "now" | "faultInjection" | "audit"> {
  /** Whether people may crash or hang a consumer; they may not unless given. */
  readonly faultInjection?: boolean;
  readonly password: string;
  /** How dear it is to try one; about a third of a second of a core unless given. */
  readonly passwordCost?: HashCost;
  /** Then only this machine is served. */
  readonly passwordIsDefault: boolean;
  /** Null: scripts have to log in. */
  readonly apiToken: string | null;
  /** The address the server is bound to. */
  readonly host: string;
  /** The address of `host` where that is a name. */
  readonly bindAddress?: string;
  /** How people reach this page (`https://queue.example.com/jobs`); null, or not given = as it is bound. */
  readonly publicUrl?: string | null;
  /** Further names that requests may come for. */
  readonly allowedHosts?: readonly string[];
  /** Addresses and networks whose X-Forwarded-For and -Proto are believed. */
  readonly trustedProxies?: readonly string[];
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Receives unforeseen errors; the visitor only gets a sentence. */
  readonly onFault?: (error: unknown) => void;
  /** Hears, in sentences for the log, what people and scripts do, logins included. */
  readonly onAudit?: (sentence: string) => void;
  /** Hears, in sentences for the log, of those who guess passwords or tokens. */
  readonly onWarning?: (sentence: string) => void;
  /** What the hosts of the queue share; null, or not given = there is one host. Sessions are kept there then. */
  readonly shared?: SharedByHosts | null;
  /**
   * Where the sessions of the one host outlive the process; one file for each of the two servers. Without it they end with
   * the process.
   */
  readonly sessionFile?: string | undefined;
  /** Where the key outlives the process that signs the cookies of devices; the same for both servers. */
  readonly deviceKeyFile?: string | undefined;
  /** Slows guessing down; the same for both servers, so that two servers do not allow twice the guesses. */
  readonly throttle?: Throttle;
}

export interface RequestInfo extends Pick<Deno.ServeHandlerInfo, "remoteAddr"> {
  /** Whether the request is written as a proxy writes it that adds no header of its own. No, unless given. */
  readonly looksRelayed?: boolean;
  /** Resolves when there is room for one more response. At once, unless given. */
  readonly room?: () => Promise<boolean>;
  /** Told when work on it begins. */
  readonly progress?: Progress;
}

export interface App {
  fetch(request: Request, info: RequestInfo): Response | Promise<Response>;
  /** Ends all event streams: a server that shuts down waits for them. */
  close(): void;
  /** The routes that it serves: `POST /login`. */
  readonly routes: readonly string[];
}

export function managerApp(options: AppOptions): App {
  const deps = depsOf(options);
  const live = changes(deps, faultsOf(options));
  const limit = new StreamLimit({ most: MAX_STREAMS });
  const app = baseApp(options, deps);
  const sessions = lockApp(app, options, { name: "Manager", cookie: "pq_manager" });
  app.use(largeBodiesInTurn());
  app.route("/api", apiRoutes(deps));
  app.get("/events", ownPagesOnly, (c) => {
    return streamOf(c, live, { event: "change", limit, stillWelcome: () => c.var.visitor.stillWelcome() });
  });
  app.use(bodyLimit({ maxSize: ONE_JOB_BYTES, onError: refuseLarge }));
  app.route("/", managerPages(deps));
  return { ...served(app, options), close: () => end(live, sessions) };
}

export function opsApp(options: AppOptions): App {
  const deps: OpsDeps = depsOf(options);
  const live = snapshots(deps, faultsOf(options));
  const limit = new StreamLimit({ most: MAX_STREAMS });
  const app = baseApp(options, deps);
  // Then only this machine gets so far.
  const isOpen = options.passwordIsDefault;
  const sessions = isOpen ? null : lockApp(app, options, { name: "Ops", cookie: "pq_ops" });
  app.get("/events", ownPagesOnly, (c) => {
    const stillWelcome = () => isOpen || c.var.visitor.stillWelcome();
    return streamOf(c, live, { event: "snapshot", limit, stillWelcome });
  });
  app.get("/metrics", (c) => metrics(c, deps));
  app.route("/", opsPages(deps));
  return { ...served(app, options), close: () => end(live, sessions) };
}

function depsOf(
  { queue, system, faultInjection = false, version, now = Date.now, ...options }: AppOptions,
): PageDeps {
  const { port, otherPort, otherPublicUrl = null, onAudit: audit = console.info } = options;
  return { queue, system, faultInjection, version, now, port, otherPort, otherPublicUrl, audit };
}

function faultsOf({ onFault = console.error }: AppOptions) {
  return { onFault };
}

/** What both have: the guards in their order, and what may be fetched without a login. */
function baseApp(options: AppOptions, deps: OpsDeps): Hono<AppEnv> {
  const { onFault } = faultsOf(options);
  const app = new Hono<AppEnv>();
  app.onError((error, c) => errorResponse(isCutOff(error) ? unfinished() : error, c, onFault));
  app.notFound((c) => {
    throw noSuchRoute(app.routes, c.req);
  });
  app.use(redirectBelowBase);
  app.use(headers(options));
  app.route("/", probes(deps));
  app.use(compressed);
  app.use(hostGuard(options));
  if (options.passwordIsDefault) app.use(peerGuard);
  app.use(sameOrigin);
  app.get("/static/:name", staticFile);
  app.use(whenThereIsRoom);
  return app;
}

const redirectBelowBase: MiddlewareHandler<AppEnv> = async (c, next) => {
  await next();
  const location = c.res.headers.get("location");
  if (location !== null) c.header("Location", locationBelow(c.env.basePath, location));
};

/** From here on only for those who are logged in. */
function lockApp(
  app: Hono<AppEnv>,
  options: AppOptions,
  page: { readonly name: "Manager" | "Ops"; readonly cookie: string },
): Sessions {
  const { now = Date.now, onWarning: onGuesses = console.warn, onAudit: audit = console.info } = options;
  const { publicUrl = null, port, shared = null } = options;
  const password = new Password(options.password, options.passwordCost);
  const keeper = keeperOf(password, page.cookie, options);
  const sessions = new Sessions({ now: shared?.now ?? now, password, keeper });
  const keyFile = options.deviceKeyFile ?? null;
  const devices = new Devices({ password, keyFile, shared, ...faultsOf(options) });
  const common = {
    sessions,
    devices,
    sessionCookie: new OwnCookie(page.cookie, { port, publicUrl }),
    deviceCookie: new OwnCookie("pq_device", { port, publicUrl }),
  };
  const { throttle = new Throttle({ now, onGuesses }) } = options;
  const areReady = Promise.all([sessions.ready, within(PATIENCE_MS, devices.ready)]);
  app.use(async (c, next) => {
    await areReady;
    await sessions.look(common.sessionCookie.valuesIn(c));
    await next();
  });
  app.route("/", loginRoutes({ ...common, throttle, password, audit, page: page.name }));
  const guesses = sharedThrottle(`tokens of ${page.name}`, { now, onGuesses, shared });
  const apiToken = new ApiToken({ token: options.apiToken, throttle: guesses, audit });
  app.use(authenticate({ ...common, apiToken }));
  return sessions;
}

function keeperOf(password: Password, realm: string, options: AppOptions): SessionsOptions["keeper"] {
  const { shared = null, sessionFile: path, onWarning = console.warn } = options;
  const given = { password, ...faultsOf(options) };
  if (shared !== null) return (table) => new SharedSessions(table, { ...given, realm, shared, onWarning });
  return path === undefined
    ? keptNowhere
    : (table) => new FileSessions(table, { ...given, file: sessionFile(path) });
}

/** The visitor hung up, or was cut off for taking too long, before the request was whole: not an error of the server. */
function isCutOff(error: Error): boolean {
  return "code" in error && error.code === "ECONNRESET";
}

function unfinished(): HttpError {
  return new HttpError(400, "bad_request", "This request ended before it was whole.");
}

function refuseLarge(): never {
  throw tooLarge();
}

function served(app: Hono<AppEnv>, options: AppOptions): Pick<App, "fetch" | "routes"> {
  const { publicUrl = null, trustedProxies = [] } = options;
  const asClient = clientOf({ publicUrl, trustedProxies });
  const basePath = basePathOf(publicUrl);
  const publicOrigin = publicUrl === null ? null : new URL(publicUrl).origin;
  // Middleware is for all methods.
  const routes = app.routes.filter(({ method }) => method !== "ALL");
  refuseOwnPath(basePath, routes.map(({ path }) => path));
  return {
    fetch(request, { remoteAddr, looksRelayed = false, room = ALWAYS_ROOM, progress = UNWATCHED }) {
      const client = asClient(request, { peer: peerOf(remoteAddr), looksRelayed });
      return app.fetch(withoutBase(request, basePath), { client, basePath, publicOrigin, room, progress });
    },
    routes: [...new Set(routes.map(({ method, path }) => `${method} ${path}`))],
  };
}

function end(live: Broadcast, sessions: Sessions | null): void {
  live.close();
  sessions?.close();
}

function peerOf(remoteAddr: RequestInfo["remoteAddr"]): string {
  return "hostname" in remoteAddr ? remoteAddr.hostname : "127.0.0.1";
}
