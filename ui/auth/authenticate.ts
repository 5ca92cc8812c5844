/** Admits requests with a session or the token, and sends all others to the login (a script: 401). */
import type { Context, MiddlewareHandler } from "hono";
import { type ApiToken, unauthorized } from "./token.ts";
import type { AppEnv, Visitor } from "../http/app_env.ts";
import type { OwnCookie } from "./cookies.ts";
import type { Devices } from "./devices.ts";
import type { Sessions } from "./session.ts";
import { isForScripts } from "../http/errors.ts";

/** The longest that browsers keep a cookie. */
const DEVICE_SECONDS = 400 * 86_400;

export interface AuthenticateOptions {
  readonly sessions: Sessions;
  readonly sessionCookie: OwnCookie;
  readonly devices: Devices;
  readonly deviceCookie: OwnCookie;
  readonly apiToken: ApiToken;
}

/** Pages are redirected with 303, scripts get 401. */
export function authenticate(options: AuthenticateOptions): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const visitor = bySession(c, options) ?? await byToken(c, options);
    if (visitor === null) return turnAway(c);
    c.set("visitor", visitor);
    await next();
    if (visitor.name === "manager" && isPageView(c)) rememberDevice(c, options);
  };
}

/**
 * Asked only where no session let the visitor in: a bearer token beside one may be meant for a proxy on the way.
 * @throws {HttpError} for a wrong token
 */
async function byToken(c: Context<AppEnv>, { apiToken }: AuthenticateOptions): Promise<Visitor | null> {
  const attempt = /^Bearer +(.*)$/i.exec(c.req.header("authorization") ?? "")?.[1];
  if (attempt === undefined || !apiToken.exists || !isForScripts(c.req.path)) return null;
  await apiToken.check(attempt, c.env.client);
  return { name: "API token", stillWelcome: () => true };
}

function bySession(c: Context<AppEnv>, { sessions, sessionCookie }: AuthenticateOptions): Visitor | null {
  const isAlive = isSignOfLife(c) ? sessions.visit.bind(sessions) : sessions.lives.bind(sessions);
  const token = sessionCookie.valuesIn(c).find(isAlive);
  return token === undefined ? null : { name: "manager", stillWelcome: () => sessions.lives(token) };
}

/** What a page fetches by itself, over and over, says nothing of the person before it. */
function isSignOfLife({ req: { method, path } }: Context): boolean {
  return !["GET", "HEAD"].includes(method) || !(isForScripts(path) || path.startsWith("/view/"));
}

/** A page that a person opens, after the login that leads to it. */
function isPageView({ req: { method, path } }: Context): boolean {
  return method === "GET" && !isForScripts(path) && !path.startsWith("/view/");
}

/** Not in the response to the login itself: scripts take its only cookie for the session. */
function rememberDevice(c: Context<AppEnv>, { devices, deviceCookie }: AuthenticateOptions): void {
  if (deviceCookie.valuesIn(c).some((value) => devices.idOf(value) !== null)) return;
  deviceCookie.set(c, devices.issue(), { maxAgeSeconds: DEVICE_SECONDS });
}

function turnAway(c: Context): Response {
  if (isForScripts(c.req.path)) throw unauthorized("Log in, or send the API token as a bearer token.");
  const { pathname, search } = URL.parse(c.req.url) ?? { pathname: "/", search: "" };
  const isPlain = c.req.method !== "GET" || pathname === "/" && search === "";
  return c.redirect(isPlain ? "/login" : `/login?${new URLSearchParams({ next: pathname + search })}`, 303);
}
