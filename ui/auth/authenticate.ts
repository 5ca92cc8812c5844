/** Admits requests with a session or the token, and sends all others to the login page (scripts: 401). */
import type { Context, MiddlewareHandler } from "hono";
import { sleep } from "@persistent-queue/queue";
import { createHash, timingSafeEqual } from "node:crypto";
import type { AppEnv, Visitor } from "../http/app_env.ts";
import { HttpError, isForScripts } from "../http/errors.ts";
import type { OwnCookie } from "./cookies.ts";
import type { Devices } from "./devices.ts";
import type { Sessions } from "./session.ts";
import { type Audit, whereOf } from "./audit.ts";
import { type Guesser, identityOf, type Throttle } from "./throttle.ts";

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
    const token = options.sessionCookie.valuesIn(c).find((value) => options.sessions.lives(value));
    const visitor = token === undefined ? await byToken(c, options) : bySession(token, options);
    if (visitor === null) return turnAway(c);
    c.set("visitor", visitor);
    await next();
    if (token !== undefined && isActivity(c)) options.sessions.visit(token);
    if (visitor.name === "manager" && isPageView(c)) rememberDevice(c, options);
  };
}

/**
 * Checked only if no session let the visitor in: a bearer token next to one may be meant for a proxy on the way.
 * @throws {HttpError} for a wrong token
 */
async function byToken(c: Context<AppEnv>, { apiToken }: AuthenticateOptions): Promise<Visitor | null> {
  const attempt = /^Bearer +(.*)$/i.exec(c.req.header("authorization") ?? "")?.[1];
  if (attempt === undefined || !apiToken.exists || !isForScripts(c.req.path)) return null;
  await apiToken.check(attempt, c.env.client);
  return { name: "API token", stillAuthorized: () => true };
}

function bySession(token: string, { sessions }: AuthenticateOptions): Visitor {
  return { name: "manager", stillAuthorized: () => sessions.lives(token) };
}

/**
 * Requests that a page repeats by itself do not mean that a person is using it. Nor does one whose answer makes the
 * browser ask again, as it does while the storage is away: it may be such a repetition.
 */
function isActivity(c: Context): boolean {
  const { method, path } = c.req;
  if (!["GET", "HEAD"].includes(method)) return true;
  return !(isForScripts(path) || path.startsWith("/view/") || isReload(c) || c.res.headers.has("refresh"));
}

/** Ops without JavaScript reloads itself at this address. */
function isReload({ req }: Context): boolean {
  return req.path === "/" && req.query("auto") !== undefined;
}

/** Whether a person opens a page. */
function isPageView({ req: { method, path } }: Context): boolean {
  return method === "GET" && !isForScripts(path) && !path.startsWith("/view/");
}

/** Not in the response to the login itself: scripts expect its only cookie to be the session. */
function rememberDevice(c: Context<AppEnv>, { devices, deviceCookie }: AuthenticateOptions): void {
  if (deviceCookie.valuesIn(c).some((value) => devices.idOf(value) !== null)) return;
  deviceCookie.set(c, devices.issue(), { maxAgeSeconds: DEVICE_SECONDS });
}

function turnAway(c: Context): Response {
  if (isForScripts(c.req.path)) throw unauthorized("Log in, or send the API token as a bearer token.");
  const { pathname, search } = URL.parse(c.req.url) ?? { pathname: "/", search: "" };
  const isPlain = c.req.method !== "GET" || isReload(c) || pathname === "/" && search === "";
  return c.redirect(isPlain ? "/login" : `/login?${new URLSearchParams({ next: pathname + search })}`, 303);
}

const MAX_KNOWN = 1000;
/** The interval at which tokens from one known address are checked while it has to wait. */
const PACE_MS = 50;
/** No request waits longer than this for its turn. */
const MAX_PACED_MS = 5_000;

export interface ApiTokenOptions {
  /** Null: there is none. */
  readonly token: string | null;
  /** Separate from the login's: a script with an old token must not lock out a person at the same address. */
  readonly throttle: Throttle;
  readonly audit: Audit;
}

/** The one token for scripts. Guessing it is slowed down, as at the login. */
export class ApiToken {
  /**
   * Addresses that sent the right token before, and when their next one may be checked. They are not locked out while
   * wrong tokens come from the same address; but a right guess looks like an honest script, so all of them are then paced.
   */
  readonly #known = new Map<string, number>();
  readonly #options: ApiTokenOptions;

  constructor(options: ApiTokenOptions) {
    this.#options = options;
  }

  /** If there is none, an incoming bearer token is not meant for this server. */
  get exists(): boolean {
    return this.#options.token !== null;
  }

  /** @throws {HttpError} 401 for a wrong token, 429 for any token while its address has to wait */
  async check(attempt: string, from: Guesser): Promise<void> {
    const { token, throttle, audit } = this.#options;
    const identity = identityOf(from);
    const isRight = token !== null && isSame(attempt, token);
    if (this.#known.has(identity)) {
      if (throttle.waitMs(from) > 0) await this.#pace(identity);
      if (isRight) return;
    }
    const waitMs = throttle.admit(from);
    if (waitMs > 0) throw tooSoon(waitMs);
    if (!isRight) {
      throttle.fail(from);
      audit(`Failed login from ${whereOf(from)}: wrong API token`);
      throw unauthorized("This token is not valid.");
    }
    throttle.takeBack(from);
    this.#remember(identity);
  }

  /** @throws {HttpError} 429 if too many are already waiting */
  async #pace(identity: string): Promise<void> {
    const now = performance.now();
    const turn = Math.max(now, this.#known.get(identity) ?? now);
    if (turn - now > MAX_PACED_MS) throw tooSoon(MAX_PACED_MS);
    this.#known.set(identity, turn + PACE_MS);
    await sleep(turn - now);
  }

  #remember(identity: string): void {
    const [oldest] = this.#known.keys();
    if (oldest !== undefined && this.#known.size >= MAX_KNOWN) this.#known.delete(oldest);
    this.#known.set(identity, performance.now());
  }
}

export function unauthorized(message: string): HttpError {
  return new HttpError(401, "unauthorized", message, { headers: { "WWW-Authenticate": "Bearer" } });
}

function tooSoon(waitMs: number): HttpError {
  const headers = { "Retry-After": String(Math.ceil(waitMs / 1000)) };
  return new HttpError(429, "too_many_guesses", "Too many wrong tokens. Wait a little.", { headers });
}

/** In constant time, regardless of the lengths. */
function isSame(left: string, right: string): boolean {
  const [leftHash, rightHash] = [left, right].map((text) => createHash("sha256").update(text).digest());
  return leftHash !== undefined && rightHash !== undefined && timingSafeEqual(leftHash, rightHash);
}
