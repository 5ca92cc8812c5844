/** Reads the JSON body of a request, within limits. */
import type { Context } from "hono";
import { MAX_JOBS, tooManyJobs } from "./input.ts";
import { parseMembers, parseSmallJson } from "./parse_json.ts";
import { HttpError } from "../http/errors.ts";

/** In bytes. A payload may be 1 MiB; the rest is for the fields around it. */
export const ONE_JOB_BYTES = 1024 * 1024 + 16 * 1024;

/** In bytes, for many jobs at once. */
export const MANY_JOBS_BYTES = 8 * 1024 * 1024;

/**
 * Reads the jobs of a JSON body, one or an array of them, each with its payload as text.
 * @throws {HttpError} 415 for another content type, 400 for what is not JSON, 413 for too much
 */
export async function readJobs(c: Context): Promise<unknown> {
  const limits = { most: MAX_JOBS, maxBytes: ONE_JOB_BYTES, tooMany: tooManyJobs };
  return await read(c, (bytes) => parseMembers(bytes, "payload", limits));
}

/** Reads any other JSON body, which is small. @throws {HttpError} as above */
export async function readJson(c: Context): Promise<unknown> {
  return await read(c, (bytes) => parseSmallJson(bytes, ONE_JOB_BYTES));
}

async function read(c: Context, parse: (bytes: Uint8Array) => Promise<unknown>): Promise<unknown> {
  const type = c.req.header("content-type") ?? "";
  // Exactly this type: a page of another site cannot send it without a CORS preflight.
  if (!/^application\/json\s*(?:;\s*charset="?utf-8"?\s*)?$/i.test(type)) {
    throw new HttpError(
      415,
      "unsupported_media_type",
      'Send JSON, with the header "Content-Type: application/json".',
    );
  }
  const bytes = new Uint8Array(await c.req.arrayBuffer());
  try {
    return await parse(bytes);
  } catch (error) {
    if (error instanceof SyntaxError) throw notJson(error.message);
    if (error instanceof TypeError) throw notJson("it is not UTF-8");
    throw error;
  }
}

function notJson(reason: string): HttpError {
  return new HttpError(400, "invalid_json", `The body is not JSON: ${reason}.`);
}
