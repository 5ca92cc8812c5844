import type { Context } from "hono";
import { Refusal } from "./refusal.ts";

/** Bytes. A payload may be 1 MiB; the rest is for the fields around it. */
export const ONE_JOB_BYTES = 1024 * 1024 + 16 * 1024;

/** Bytes, for many jobs at once. */
export const MANY_JOBS_BYTES = 8 * 1024 * 1024;

/**
 * The value of a JSON body. One that is not an array has to be small.
 * @throws {Refusal} 415 for another content type, 400 for what is not JSON, 413 for too much
 */
export async function readJson(c: Context): Promise<unknown> {
  const type = c.req.header("content-type") ?? "";
  // Exactly this type: no page of another site can send it without asking first.
  if (!/^application\/json\s*(?:;\s*charset="?utf-8"?\s*)?$/i.test(type)) {
    throw new Refusal(
      415,
      "unsupported_media_type",
      'Send JSON, with the header "Content-Type: application/json".',
    );
  }
  const bytes = await c.req.arrayBuffer();
  const value = parse(bytes);
  if (!Array.isArray(value) && bytes.byteLength > ONE_JOB_BYTES) throw tooLarge();
  return value;
}

function parse(bytes: ArrayBuffer): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    const reason = error instanceof SyntaxError ? error.message : "it is not UTF-8";
    throw new Refusal(400, "invalid_json", `The body is not JSON: ${reason}.`);
  }
}

export function tooLarge(): Refusal {
  return new Refusal(413, "too_large", "The body of this request is too large.");
}
