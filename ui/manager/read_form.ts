import type { Context } from "hono";
import { Refusal } from "../refusal.ts";

/** The fields of a form that was sent. @throws {Refusal} 415 for another content type, 400 for what cannot be read */
export async function readForm(c: Context): Promise<URLSearchParams> {
  const type = c.req.header("content-type") ?? "";
  if (!/^application\/x-www-form-urlencoded(?:\s*;|\s*$)/i.test(type)) {
    throw new Refusal(415, "unsupported_media_type", "Send this as a form.");
  }
  return new URLSearchParams(await c.req.text());
}
