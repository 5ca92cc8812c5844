/** Styles, scripts and the icon. They are part of the program: no request path ever reaches the file system. */
import { createHash } from "node:crypto";
import type { Context } from "hono";
import css from "../static/app.css" with { type: "text" };
import icon from "../static/icon.svg" with { type: "text" };
import manager from "../static/manager.js" with { type: "text" };
import opsCss from "../static/ops.css" with { type: "text" };
import ops from "../static/ops.js" with { type: "text" };
import { HttpError } from "./errors.ts";

const FILES = new Map([
  ["app.css", file(css, "text/css")],
  ["manager.js", file(manager, "text/javascript")],
  ["ops.css", file(opsCss, "text/css")],
  ["ops.js", file(ops, "text/javascript")],
  ["icon.svg", file(icon, "image/svg+xml")],
]);

function file(text: string, type: string) {
  const etag = `"${createHash("sha256").update(text).digest("base64url").slice(0, 22)}"`;
  return { text, etag, type: `${type}; charset=utf-8` };
}

/** Browsers cache a file, and revalidate it each time: 304. */
export function staticFile(c: Context): Response {
  const found = FILES.get(c.req.param("name") ?? "");
  if (found === undefined) throw new HttpError(404, "not_found", "There is no such file.");
  c.header("ETag", found.etag);
  c.header("Cache-Control", "no-cache");
  if (isKnown(c.req.header("if-none-match"), found.etag)) return c.body(null, 304);
  c.header("Content-Type", found.type);
  return c.body(found.text);
}

function isKnown(header: string | undefined, etag: string): boolean {
  return (header ?? "").split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag);
}
