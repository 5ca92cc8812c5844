/** Login and logout: `GET` and `POST /login`, `POST /logout`. */
import { type Context, Hono } from "hono";
import { createHash } from "node:crypto";
import { bodyLimit } from "../http/body_limit.ts";
import type { AppEnv } from "../http/app_env.ts";
import { HttpError, tooLarge } from "../http/errors.ts";
import { renderPage } from "../http/page_address.ts";
import { Head } from "../components/document.tsx";
import { type Audit, whereOf } from "./audit.ts";
import type { OwnCookie } from "./cookies.ts";
import type { Devices } from "./devices.ts";
import type { Password } from "./password.ts";
import type { Sessions } from "./session.ts";
import type { Guesser, Throttle } from "./throttle.ts";

export interface LoginOptions {
  readonly sessions: Sessions;
  readonly password: Password;
  readonly throttle: Throttle;
  readonly sessionCookie: OwnCookie;
  readonly devices: Devices;
  readonly deviceCookie: OwnCookie;
  readonly audit: Audit;
  /** What the login opens. */
  readonly page: "Manager" | "Ops";
}

/** The largest body of a login. */
const LOGIN_BYTES = 16 * 1024;

type LoginContext = Context<AppEnv>;

export function loginRoutes(options: LoginOptions): Hono<AppEnv> {
  const onError = () => {
    throw tooLarge(LOGIN_BYTES);
  };
  return new Hono<AppEnv>()
    .get("/login", (c) => showLogin(c, options))
    .post("/login", bodyLimit({ maxSize: LOGIN_BYTES, onError }), (c) => logIn(c, options))
    .post("/logout", (c) => logOut(c, options));
}

function showLogin(c: LoginContext, { sessions, sessionCookie }: LoginOptions): Response {
  const next = safeNext(c.req.query("next"));
  if (sessionCookie.valuesIn(c).some((token) => sessions.visit(token))) return c.redirect(next, 303);
  return renderPage(c, <LoginPage next={next} />);
}

async function logIn(c: LoginContext, options: LoginOptions): Promise<Response> {
  const { sessions, throttle, sessionCookie, audit, page } = options;
  const form = await readForm(c);
  const next = safeNext(form.next);
  // Not a guess, so it is not counted.
  if (form.password === "") return again(c, { error: "Please enter the password.", next, status: 401 });
  const guesser: Guesser = { ...c.env.client, device: deviceOf(c, options) };
  const waitMs = throttle.admit(guesser);
  if (waitMs > 0) return tooSoon(c, waitMs, next);
  const where = `${whereOf(guesser)} (${page})`;
  if (!await isRight(form.password, guesser, { ...options, signal: c.req.raw.signal })) {
    throttle.fail(guesser);
    audit(`Failed login from ${where}: wrong password`);
    return again(c, { error: "This is not the password.", next, status: 401 });
  }
  throttle.takeBack(guesser);
  for (const token of sessionCookie.valuesIn(c)) sessions.end(token);
  sessionCookie.set(c, await sessions.open());
  audit(`Login by manager from ${where}`);
  return c.redirect(next, 303);
}

/** Proof that this client has logged in before: its device cookie, or a valid session. */
function deviceOf(c: LoginContext, options: LoginOptions): string | null {
  const { devices, deviceCookie, sessions, sessionCookie } = options;
  const device = deviceCookie.valuesIn(c).map((value) => devices.idOf(value)).find((id) => id !== null);
  const session = sessionCookie.valuesIn(c).find((token) => sessions.lives(token));
  if (device !== undefined || session === undefined) return device ?? null;
  return createHash("sha256").update(session).digest("base64url");
}

/** @throws {HttpError} 503 if too many log in at once, which costs nothing: the password was not even checked */
async function isRight(
  attempt: string,
  guesser: Guesser,
  { password, throttle, signal }: Pick<LoginOptions, "password" | "throttle"> & { signal: AbortSignal },
): Promise<boolean> {
  try {
    return await password.matches(attempt, { rank: rankOf(guesser, throttle), signal });
  } catch (error) {
    throttle.takeBack(guesser);
    throw error;
  }
}

/** The order in which attempts are hashed: known devices first, then those with the fewest failures. */
function rankOf(guesser: Guesser, throttle: Throttle): number {
  return guesser.device === null ? throttle.failuresOf(guesser) : 0;
}

function logOut(c: LoginContext, { sessions, sessionCookie, audit, page }: LoginOptions): Response {
  const tokens = sessionCookie.valuesIn(c);
  const isLogout = tokens.some((token) => sessions.lives(token));
  // A token unknown here may be known on another host, while the two cannot communicate.
  for (const token of tokens) sessions.end(token);
  if (isLogout) audit(`Logout by manager from ${whereOf(c.env.client)} (${page})`);
  sessionCookie.clear(c);
  return c.redirect("/login", 303);
}

function tooSoon(c: LoginContext, waitMs: number, next: string): Response {
  const seconds = Math.ceil(waitMs / 1000);
  c.header("Retry-After", String(seconds));
  const error = `Too many wrong passwords. Try again in ${seconds} ${seconds === 1 ? "second" : "seconds"}.`;
  return again(c, { error, next, status: 429 });
}

interface Retry {
  readonly error: string;
  readonly next: string;
  readonly status: 401 | 429;
}

function again(c: LoginContext, { error, next, status }: Retry): Response {
  return renderPage(c, <LoginPage error={error} next={next} />, { status });
}

async function readForm(c: LoginContext): Promise<{ password: string; next: string }> {
  const type = c.req.header("content-type") ?? "";
  if (!/^(?:application\/x-www-form-urlencoded|multipart\/form-data)(?:\s*;|\s*$)/i.test(type)) {
    throw new HttpError(415, "unsupported_media_type", "Send the password as a form.");
  }
  const form = await c.req.formData().catch(() => {
    throw new HttpError(400, "bad_request", "This form cannot be read.");
  });
  return { password: textOf(form.get("password")), next: textOf(form.get("next")) };
}

function textOf(field: FormDataEntryValue | null): string {
  return typeof field === "string" ? field : "";
}

/** The address if it is on this server; `/` for anything else, such as `//elsewhere` and `/\elsewhere`. */
export function safeNext(next: string | undefined): string {
  const here = "http://here.invalid";
  if (next === undefined || !next.startsWith("/") || !URL.canParse(next, here)) return "/";
  const { origin, pathname, search } = new URL(next, here);
  return origin === here && !pathname.startsWith("//") && pathname !== "/login" ? pathname + search : "/";
}

interface LoginPageProps {
  readonly error?: string;
  /** Where to go afterwards. */
  readonly next?: string;
}

function LoginPage({ error, next = "/" }: LoginPageProps) {
  return (
    <html lang="en">
      <Head title="Log in · Persistent Queue" />
      <body class="page-login">
        <main class="login">
          <form class="panel login-form" method="post" action="/login">
            <img src="/static/icon.svg" alt="" width="40" height="40" />
            <h1>Persistent Queue</h1>
            {error !== undefined && (
              <p class="message message-danger" role="alert" id="login-error">{error}</p>
            )}
            <input type="hidden" name="next" value={next} />
            {/* There is one user: password managers want a name to store the password under. */}
            <input type="text" name="username" value="manager" autocomplete="username" readonly hidden />
            <div class="field">
              <label for="password">Password</label>
              <input
                id="password"
                name="password"
                type="password"
                autocomplete="current-password"
                required
                autofocus
                {...(error === undefined ? {} : { "aria-describedby": "login-error", "aria-invalid": true })}
              />
            </div>
            <button class="primary" type="submit">Log in</button>
          </form>
        </main>
      </body>
    </html>
  );
}
