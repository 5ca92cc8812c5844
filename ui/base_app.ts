/** What every app of the pages has: the guards in their order, the probes, and its place below a path. */
import { Hono, type MiddlewareHandler } from "hono";
import { ALWAYS_ROOM, UNWATCHED, whenThereIsRoom } from "./http/backpressure.ts";
import type { AppEnv, Progress } from "./http/app_env.ts";
import { clientOf } from "./http/client_address.ts";
import { compressed } from "./http/compression.ts";
import { errorResponse } from "./http/error_response.tsx";
import { HttpError, noSuchRoute } from "./http/errors.ts";
import { headers } from "./http/headers.ts";
import { hostGuard } from "./http/host_guard.ts";
import { peerGuard, sameOrigin } from "./http/origin_guard.ts";
import { basePathOf, locationBelow, refuseOwnPath, withoutBase } from "./http/page_address.ts";
import { staticFile } from "./http/static_files.ts";

export interface BaseOptions {
  /** Then only this machine is served. */
  readonly passwordIsDefault: boolean;
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
  /** Receives unforeseen errors; the visitor only gets a sentence. */
  readonly onFault?: (error: unknown) => void;
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

/** `probes` are answered to everyone; what is added to the app is behind the guards. */
export function baseApp(options: BaseOptions, probes: Hono<AppEnv>): Hono<AppEnv> {
  const { onFault = console.error } = options;
  const app = new Hono<AppEnv>();
  app.onError((error, c) => errorResponse(isCutOff(error) ? unfinished() : error, c, onFault));
  app.notFound((c) => {
    throw noSuchRoute(app.routes, c.req);
  });
  app.use(redirectBelowBase);
  app.use(headers(options));
  app.route("/", probes);
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

/** The visitor hung up, or was cut off for taking too long, before the request was whole: not an error of the server. */
function isCutOff(error: Error): boolean {
  return "code" in error && error.code === "ECONNRESET";
}

function unfinished(): HttpError {
  return new HttpError(400, "bad_request", "This request ended before it was whole.");
}

/** The app as a server calls it. @throws {ServeError} if its own paths lie below that of its public address */
export function served(app: Hono<AppEnv>, options: BaseOptions): Pick<App, "fetch" | "routes"> {
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

function peerOf(remoteAddr: RequestInfo["remoteAddr"]): string {
  return "hostname" in remoteAddr ? remoteAddr.hostname : "127.0.0.1";
}
