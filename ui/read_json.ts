import type { Context } from "hono";
import { breathe } from "@persistent-queue/queue";
import { MAX_JOBS, tooManyJobs } from "./job_input.ts";
import { parseJsonBytes } from "./parse_json.ts";
import { Refusal } from "./refusal.ts";

/** Bytes. A payload may be 1 MiB; the rest is for the fields around it. */
export const ONE_JOB_BYTES = 1024 * 1024 + 16 * 1024;

/** Bytes, for many jobs at once. */
export const MANY_JOBS_BYTES = 8 * 1024 * 1024;

const LARGE_BYTES = 128 * 1024;

/**
 * The value of a JSON body: of jobs, where it is an array. One that is none has to be small.
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
  const bytes = new Uint8Array(await c.req.arrayBuffer());
  const value = await parse(bytes);
  // What is done with a large one takes its time as well.
  if (bytes.length > LARGE_BYTES) await breathe();
  return value;
}

async function parse(bytes: Uint8Array): Promise<unknown> {
  try {
    return await parseJsonBytes(bytes, { most: MAX_JOBS, mostBytes: ONE_JOB_BYTES, tooMany: tooManyJobs });
  } catch (error) {
    if (error instanceof Refusal) throw error;
    const reason = error instanceof SyntaxError ? error.message : "it is not UTF-8";
    throw new Refusal(400, "invalid_json", `The body is not JSON: ${reason}.`);
  }
}
