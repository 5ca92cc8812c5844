/** Lets in who is logged in or brings the token, and shows everybody else the way to the login. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { Context, MiddlewareHandler } from "hono";
import { getCookie } from "hono/cookie";
import type { AppEnv, Visitor } from "./app_env.ts";
import { isForScripts } from "./is_for_scripts.ts";
import { Refusal } from "./refusal.ts";
import type { Sessions } from "./session.ts";

export interface DoorOptions {
  readonly sessions: Sessions;
  readonly cookieName: string;
  /** Null: there is no token, only sessions. */
  readonly apiToken: string | null;
}

/** Pages are redirected with 303, scripts get 401. */
export function door(options: DoorOptions): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const visitor = byToken(c, options) ?? bySession(c, options);
    if (visitor === null) return turnAway(c);
    c.set("visitor", visitor);
    await next();
  };
}

/** @throws {Refusal} 401 for a wrong token, whatever cookie comes with it */
function byToken(c: Context, { apiToken }: DoorOptions): Visitor | null {
  const token = /^Bearer +(.*)$/i.exec(c.req.header("authorization") ?? "")?.[1];
  if (token === undefined || !isForScripts(c.req.path)) return null;
  if (apiToken === null || !isSame(token, apiToken)) throw unauthorized("This token is not valid.");
  return { name: "api", stillWelcome: () => true };
}

function bySession(c: Context, { sessions, cookieName }: DoorOptions): Visitor | null {
  const token = getCookie(c, cookieName);
  if (token === undefined || !sessions.visit(token)) return null;
  return { name: "manager", stillWelcome: () => sessions.lives(token) };
}

function turnAway(c: Context): Response {
  if (isForScripts(c.req.path)) throw unauthorized("Log in, or send the API token as a bearer token.");
  const { pathname, search } = new URL(c.req.url);
  const isPlain = c.req.method !== "GET" || pathname === "/" && search === "";
  return c.redirect(isPlain ? "/login" : `/login?${new URLSearchParams({ next: pathname + search })}`, 303);
}

function unauthorized(message: string): Refusal {
  return new Refusal(401, "unauthorized", message, { headers: { "WWW-Authenticate": "Bearer" } });
}

/** In constant time, whatever the lengths are. */
function isSame(left: string, right: string): boolean {
  const [leftHash, rightHash] = [left, right].map((text) => createHash("sha256").update(text).digest());
  return leftHash !== undefined && rightHash !== undefined && timingSafeEqual(leftHash, rightHash);
}
