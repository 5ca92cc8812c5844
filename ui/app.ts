/** The two servers: the Manager, behind a login, and Ops, which is read-only. `main.ts` gives them their ports. */
import type { Hono } from "hono";
import { type App, baseApp, type BaseOptions, served } from "./base_app.ts";
import { bodyLimit, FORM_BYTES } from "./http/body_limit.ts";
import { apiRoutes } from "./api/routes.ts";
import { ApiToken, authenticate } from "./auth/authenticate.ts";
import type { AppEnv } from "./http/app_env.ts";
import type { Broadcast } from "./live/broadcast.ts";
import { OwnCookie } from "./auth/cookies.ts";
import { Devices } from "./auth/devices.ts";
import { changes, snapshots, StreamLimit, streamOf } from "./live/streams.ts";
import { largeBodiesInTurn } from "./http/backpressure.ts";
import { loginRoutes } from "./auth/login.tsx";
import { managerPages } from "./manager/pages.tsx";
import { metrics, probes, watched } from "./ops/monitoring.ts";
import { opsPages } from "./ops/pages.tsx";
import { within } from "./auth/coalesced_reads.ts";
import { type HashCost, Password } from "./auth/password.ts";
import { ownPagesOnly } from "./http/origin_guard.ts";
import type { OpsDeps, PageDeps } from "./page_deps.ts";
import type { SharedByHosts } from "@persistent-queue/queue";
import { tooLarge } from "./http/errors.ts";
import { inMemoryOnly, Sessions, type SessionsOptions } from "./auth/session.ts";
import { FileSessions, sessionFile } from "./auth/session_file.ts";
import { SharedSessions } from "./auth/shared_sessions.ts";
import { sharedThrottle } from "./auth/shared_throttle.ts";
import { Throttle } from "./auth/throttle.ts";

/** Per server: viewers of Ops, which needs no login, must not use up the Manager's streams. */
const MAX_STREAMS = 25;
/** How long a request waits for what only the queue's server knows. */
const PATIENCE_MS = 1_000;

export interface AppOptions extends BaseOptions, Omit<PageDeps, "now" | "faultInjection" | "audit"> {
  /** Whether people may crash or hang a consumer; false by default. */
  readonly faultInjection?: boolean;
  readonly password: string;
  /** How expensive it is to check one; by default about a third of a second of a core. */
  readonly passwordCost?: HashCost;
  /** Null: scripts have to log in. */
  readonly apiToken: string | null;
  /** Milliseconds since 1970; the queue's clock unless given, and the machine's for what slows down guessing. */
  readonly now?: () => number;
  /** Receives sentences for the log about what people and scripts do, logins included. */
  readonly onAudit?: (sentence: string) => void;
  /** Receives sentences for the log about password and token guessing. */
  readonly onWarning?: (sentence: string) => void;
  /** State shared by the hosts of the queue, sessions included; null, or not given = there is one host. */
  readonly shared?: SharedByHosts | null;
  /**
   * The file in which a single host's sessions outlive the process; each of the two servers has its own. Without it they
   * end with the process.
   */
  readonly sessionFile?: string | undefined;
  /** Receives why that file cannot be used, and null once it can. */
  readonly onSessionFile?: (file: string, trouble: string | null) => void;
  /** The file in which the key that signs device cookies outlives the process; the same for both servers. */
  readonly deviceKeyFile?: string | undefined;
  /** Slows down guessing; shared by both servers, so that two servers do not allow twice the guesses. */
  readonly throttle?: Throttle;
}

export function managerApp(options: AppOptions): App {
  const deps = depsOf(options);
  const live = changes(deps, faultsOf(options));
  const limit = new StreamLimit({ most: MAX_STREAMS });
  const app = baseApp(options, probes(watched(deps)));
  const sessions = requireLogin(app, options, { name: "Manager", cookie: "pq_manager" });
  app.use(largeBodiesInTurn());
  app.route("/api", apiRoutes(deps));
  app.get("/events", ownPagesOnly, (c) => {
    return streamOf(c, live, {
      event: "change",
      limit,
      stillAuthorized: () => c.var.visitor.stillAuthorized(),
    });
  });
  app.use(bodyLimit({ maxSize: FORM_BYTES, onError: refuseLarge }));
  app.route("/", managerPages(deps));
  return { ...served(app, options), close: () => end(live, sessions) };
}

export function opsApp(options: AppOptions): App {
  const deps: OpsDeps = depsOf(options);
  const live = snapshots(deps, faultsOf(options));
  const limit = new StreamLimit({ most: MAX_STREAMS });
  const app = baseApp(options, probes(watched(deps)));
  // With the default password only this machine gets this far.
  const isOpen = options.passwordIsDefault;
  const sessions = isOpen ? null : requireLogin(app, options, { name: "Ops", cookie: "pq_ops" });
  app.get("/events", ownPagesOnly, (c) => {
    const stillAuthorized = () => isOpen || c.var.visitor.stillAuthorized();
    return streamOf(c, live, { event: "snapshot", limit, stillAuthorized });
  });
  app.get("/metrics", (c) => metrics(c, deps));
  app.route("/", opsPages(deps, { hasLogin: !isOpen }));
  return { ...served(app, options), close: () => end(live, sessions) };
}

function depsOf(
  { queue, system, faultInjection = false, version, ...options }: AppOptions,
): PageDeps {
  const { now = () => queue.now(), port, otherPort, otherPublicUrl = null, onAudit: audit = console.info } =
    options;
  return { queue, system, faultInjection, version, now, port, otherPort, otherPublicUrl, audit };
}

function faultsOf({ onFault = console.error }: AppOptions) {
  return { onFault };
}

/** Everything added to the app after this requires a login. */
function requireLogin(
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
    await sessions.lookUp(common.sessionCookie.valuesIn(c));
    await next();
  });
  app.route("/", loginRoutes({ ...common, throttle, password, audit, page: page.name }));
  const guesses = sharedThrottle(`tokens of ${page.name}`, { now, onGuesses, shared });
  const apiToken = new ApiToken({ token: options.apiToken, throttle: guesses, audit });
  app.use(authenticate({ ...common, apiToken }));
  return sessions;
}

function keeperOf(password: Password, realm: string, options: AppOptions): SessionsOptions["keeper"] {
  const { shared = null, sessionFile: path, onWarning = console.warn, onSessionFile } = options;
  const given = { password, ...faultsOf(options) };
  if (shared !== null) return (table) => new SharedSessions(table, { ...given, realm, shared, onWarning });
  if (path === undefined) return inMemoryOnly;
  const onTrouble = (trouble: string | null) => onSessionFile?.(path, trouble);
  return (table) => new FileSessions(table, { ...given, onTrouble, file: sessionFile(path) });
}

function refuseLarge(): never {
  throw tooLarge(FORM_BYTES);
}

function end(live: Broadcast, sessions: Sessions | null): void {
  live.close();
  sessions?.close();
}
