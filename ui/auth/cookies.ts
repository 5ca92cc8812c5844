/** The cookies of one installation. */
import type { Context } from "hono";
import { deleteCookie, setCookie } from "hono/cookie";
import type { CookieOptions } from "hono/utils/cookie";
import type { AppEnv } from "../http/app_env.ts";

export interface OwnCookieOptions {
  /** The server's port: cookies ignore ports, and two installations on one host must not get each other's. */
  readonly port: number;
  /** How people reach the server: several may share a host name, each with a path of its own. */
  readonly publicUrl: string | null;
}

export class OwnCookie {
  readonly #name: string;
  /** What it was called in earlier versions. */
  readonly #formerName: string;

  constructor(base: string, { port, publicUrl }: OwnCookieOptions) {
    const path = publicUrl === null ? "" : new URL(publicUrl).pathname;
    this.#name = `${base}_${port}${path.replace(/[^a-z0-9]+/gi, "_").replace(/_$/, "")}`;
    this.#formerName = base;
  }

  /**
   * Every value sent under its name. There may be several: a page on another port of this host may have set some for a
   * narrower path, which the browser then sends first.
   */
  valuesIn(c: Context<AppEnv>): string[] {
    return valuesOf(c, this.#nameFor(c));
  }

  /** Without `maxAgeSeconds` it ends with the browser. */
  set(c: Context<AppEnv>, value: string, { maxAgeSeconds }: { maxAgeSeconds?: number } = {}): void {
    setCookie(c, this.#nameFor(c), value, {
      ...attributes(c),
      ...(maxAgeSeconds === undefined ? {} : { maxAge: maxAgeSeconds }),
    });
    this.#clearFormer(c);
  }

  clear(c: Context<AppEnv>): void {
    deleteCookie(c, this.#nameFor(c), attributes(c));
    this.#clearFormer(c);
  }

  #clearFormer(c: Context<AppEnv>): void {
    for (const name of [this.#formerName, this.#name]) {
      if (name !== this.#nameFor(c) && valuesOf(c, name).length > 0) {
        deleteCookie(c, name, { ...attributes(c), secure: false });
      }
    }
  }

  /** With `__Host-` a browser accepts it over https only, and from no other host of this domain. */
  #nameFor(c: Context<AppEnv>): string {
    return c.env.client.isHttps ? `__Host-${this.#name}` : this.#name;
  }
}

function attributes(c: Context<AppEnv>): CookieOptions {
  return { path: "/", httpOnly: true, sameSite: "Strict", secure: c.env.client.isHttps };
}

/** The header size limits how many there can be. Several headers, as some proxies send, arrive joined by commas. */
function valuesOf(c: Context<AppEnv>, name: string): string[] {
  const pairs = (c.req.header("cookie") ?? "").split(/[;,]/).map((pair) => pair.trim());
  const own = pairs.filter((pair) => pair.startsWith(`${name}=`)).map((pair) => pair.slice(name.length + 1));
  return [...new Set(own)];
}
