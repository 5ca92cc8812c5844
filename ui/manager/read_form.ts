import type { Context } from "hono";
import { HttpError } from "../http/errors.ts";

/** One may name a thousand jobs; to read half a million fields takes a second. */
const MOST_FIELDS = 2_000;

/** The fields of a form that was sent. @throws {HttpError} 415 for another content type, 400 for more fields than any has */
export async function readForm(c: Context): Promise<URLSearchParams> {
  const type = c.req.header("content-type") ?? "";
  if (!/^application\/x-www-form-urlencoded(?:\s*;|\s*$)/i.test(type)) {
    throw new HttpError(415, "unsupported_media_type", "Send this as a form.");
  }
  const text = await c.req.text();
  if (countOf(text, "&") >= MOST_FIELDS) {
    throw new HttpError(400, "bad_request", `A form has at most ${MOST_FIELDS.toLocaleString("en")} fields.`);
  }
  return new URLSearchParams(text);
}

function countOf(text: string, character: string): number {
  let count = 0;
  for (let at = text.indexOf(character); at !== -1; at = text.indexOf(character, at + 1)) count++;
  return count;
}
