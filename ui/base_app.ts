/** What every app has: the guards in order, the probes, and its base path. */
import { Hono, type MiddlewareHandler } from "hono";
import { ALWAYS_ROOM, UNWATCHED, whenThereIsRoom } from "./http/backpressure.ts";
import type { AppEnv, Progress } from "./http/app_env.ts";
import { clientOf } from "./http/client_address.ts";
import { compressed } from "./http/compression.ts";
import { errorResponse } from "./http/error_response.tsx";
import { forbiddenMethod, HttpError, isForbidden, noSuchRoute } from "./http/errors.ts";
import { headers } from "./http/headers.ts";
import { hostGuard } from "./http/host_guard.ts";
import { peerGuard, sameOrigin } from "./http/origin_guard.ts";
import { basePathOf, locationBelow, pathBelow, refuseOwnPath, withoutBase } from "./http/page_address.ts";
import { staticFile } from "./http/static_files.ts";

export interface BaseOptions {
  /** If so, only this machine is served. */
  readonly passwordIsDefault: boolean;
  /** The address the server is bound to. */
  readonly host: string;
  /** The address of `host`, if that is a name. */
  readonly bindAddress?: string;
  /** How people reach this page (`https://queue.example.com/jobs`); null, or not given = as it is bound. */
  readonly publicUrl?: string | null;
  /** Additional host names that requests may use. */
  readonly allowedHosts?: readonly string[];
  /** Addresses and networks whose X-Forwarded-For and -Proto are trusted. */
  readonly trustedProxies?: readonly string[];
  /** Receives unexpected errors; the visitor only gets a sentence. */
  readonly onFault?: (error: unknown) => void;
}

export interface RequestInfo extends Pick<Deno.ServeHandlerInfo, "remoteAddr"> {
  /** Whether the request is formatted like one from a proxy that adds no header of its own; false by default. */
  readonly looksRelayed?: boolean;
  /** Resolves when there is room for one more response; immediately by default. */
  readonly room?: () => Promise<boolean>;
  /** Notified when work on the request begins. */
  readonly progress?: Progress;
}

export interface App {
  fetch(request: Request, info: RequestInfo): Response | Promise<Response>;
  /** Ends all event streams, which a server that shuts down waits for. */
  close(): void;
  /** The routes that it serves, such as `POST /login`. */
  readonly routes: readonly string[];
}

/** `probes` are open to everyone; routes added to the app are behind the guards. */
export function baseApp(options: BaseOptions, probes: Hono<AppEnv>): Hono<AppEnv> {
  const { onFault = console.error } = options;
  const app = new Hono<AppEnv>();
  app.onError((error, c) => errorResponse(isCutOff(error) ? unfinished() : error, c, onFault));
  app.notFound((c) => {
    throw noSuchRoute(app.routes, c.req);
  });
  app.use(redirectBelowBase);
  app.use(headers(options));
  app.use(async (c, next) => {
    const { method, path } = c.req;
    // Such a request still has its base.
    const route = { method, path: pathBelow(path, c.env.basePath) };
    if (isForbidden(method)) throw forbiddenMethod(app.routes, route);
    await next();
  });
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

/** The client disconnected, or was cut off for taking too long, before the request was complete: not a server error. */
function isCutOff(error: Error): boolean {
  return "code" in error && error.code === "ECONNRESET";
}

function unfinished(): HttpError {
  return new HttpError(400, "bad_request", "This request ended before it was complete.");
}

/** The app as a server calls it. @throws {ServeError} if one of its own paths is below the path of its public URL */
export function served(app: Hono<AppEnv>, options: BaseOptions): Pick<App, "fetch" | "routes"> {
  const { publicUrl = null, trustedProxies = [] } = options;
  const asClient = clientOf({ publicUrl, trustedProxies });
  const basePath = basePathOf(publicUrl);
  const publicOrigin = publicUrl === null ? null : new URL(publicUrl).origin;
  // ALL is middleware.
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
