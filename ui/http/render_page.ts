import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { VNode } from "preact";
import { renderToString } from "preact-render-to-string";
import type { AppEnv } from "./app_env.ts";
import { documentBelow } from "./base_path.ts";

/** A whole HTML document. */
export function renderPage(c: Context<AppEnv>, page: VNode, status: ContentfulStatusCode = 200): Response {
  return c.html(`<!doctype html>${documentBelow(c.env.basePath, renderToString(page))}`, status);
}
