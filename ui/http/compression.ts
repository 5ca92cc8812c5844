/**
 * Text is sent compressed to clients that accept it. With node:zlib, not hono's middleware: that turns each response into
 * a stream, which takes many turns of the event loop, enlarges small bodies, and compresses megabytes in one go.
 *
 * The length of compressed text can leak a secret that is next to text of an attacker's choice (BREACH). No response
 * contains such a secret: sessions are cookies, and forms are checked by their Origin instead of a token. Nor are the
 * cookies sent with requests from another site, which see nothing but the login.
 */
import { Duplex } from "node:stream";
import { constants, createGzip, gzipSync } from "node:zlib";
import { yieldToEventLoop } from "@persistent-queue/queue";
import type { Context, MiddlewareHandler } from "hono";
import { parseAccept } from "hono/utils/accept";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { AppEnv } from "./app_env.ts";

type Bytes = Uint8Array<ArrayBuffer>;
type Body = ReadableStream<Bytes>;

const TEXT = /^(?:text\/|application\/json|image\/svg\+xml)/;
const EVENTS = /^text\/event-stream/;
/** Generated while it is read. */
const EXPORT = /^text\/csv/;

/** In bytes. Compression does not make a smaller body smaller. */
const WORTH_IT = 1024;
/** In bytes. A larger body is compressed in pieces. */
const LARGE = 256 * 1024;
const PIECE = 64 * 1024;
/** Half the time of the default 6, for one percent more bytes: rows of a list resemble each other. */
const LEVEL = 4;
/** The longest time without a pause, in milliseconds. */
const TURN_MS = 10;
/** Each event is flushed at once. A few Ops snapshots fit into the window, and 25 streams take 2.5 MB. */
const EVENT_BY_EVENT = { flush: constants.Z_SYNC_FLUSH, windowBits: 14, memLevel: 6 };

export const compressed: MiddlewareHandler<AppEnv> = async (c, next) => {
  await next();
  const { status, headers, body } = c.res;
  const type = headers.get("content-type") ?? "";
  if (!TEXT.test(type) && status !== 304) return;
  headers.append("Vary", "Accept-Encoding");
  if (body === null || headers.has("content-encoding")) return;
  const isHead = c.req.method === "HEAD";
  const accepted = acceptsGzip(c);
  if (EVENTS.test(type) || EXPORT.test(type)) {
    if (accepted && !isHead) sendCompressed(c, body.pipeThrough(EVENTS.test(type) ? eventGzip() : gzip()));
    return;
  }
  const bytes = await c.res.bytes();
  if (!accepted || bytes.length < WORTH_IT) return send(c, bytes, bytes.length);
  if (bytes.length > LARGE) return sendCompressed(c, isHead ? null : inPieces(bytes).pipeThrough(gzip()));
  const packed = packedFrom(bytes);
  sendCompressed(c, packed, packed.length);
};

const encoder = new TextEncoder();
/** Large enough for three bytes per character. */
const scratch = new Uint8Array(3 * LARGE);

/** Compresses a text before it becomes a response: as a body it would be copied several times on the way. */
export function textResponse(
  c: Context<AppEnv>,
  text: string,
  { type, status }: { readonly type: string; readonly status: ContentfulStatusCode },
): Response {
  if (text.length < WORTH_IT || text.length > LARGE || !acceptsGzip(c)) {
    return c.body(text, status, { "Content-Type": type });
  }
  const { written } = encoder.encodeInto(text, scratch);
  const packed = packedFrom(scratch.subarray(0, written));
  return c.body(packed, status, {
    "Content-Type": type,
    "Content-Encoding": "gzip",
    "Content-Length": String(packed.length),
  });
}

function packedFrom(bytes: Bytes): Bytes {
  return gzipSync(bytes, { level: LEVEL }) as Bytes;
}

function acceptsGzip({ req }: Context): boolean {
  const accepted = parseAccept(req.header("accept-encoding") ?? "");
  const named = (name: string) => accepted.find(({ type }) => type.toLowerCase() === name);
  return ((named("gzip") ?? named("*"))?.q ?? 0) > 0;
}

function send(c: Context<AppEnv>, body: Bytes | Body | null, length?: number): void {
  const { status, headers } = c.res;
  // Otherwise hono would copy the old headers over again.
  c.res = undefined;
  c.res = new Response(body, { status, headers });
  if (length !== undefined) c.res.headers.set("Content-Length", String(length));
}

function sendCompressed(c: Context<AppEnv>, body: Bytes | Body | null, length?: number): void {
  send(c, body, length);
  c.res.headers.set("Content-Encoding", "gzip");
  const etag = c.res.headers.get("etag");
  // The compressed body is not byte-identical to the one that the tag names.
  if (etag !== null) c.res.headers.set("ETag", `W/${etag}`);
}

function gzip(): TransformStream<Bytes, Bytes> {
  return new CompressionStream("gzip") as TransformStream<Bytes, Bytes>;
}

function eventGzip(): TransformStream<Bytes, Bytes> {
  return Duplex.toWeb(createGzip(EVENT_BY_EVENT)) as TransformStream<Bytes, Bytes>;
}

function inPieces(bytes: Bytes): Body {
  return ReadableStream.from(pieces(bytes));
}

async function* pieces(bytes: Bytes): AsyncGenerator<Bytes> {
  let since = performance.now();
  for (let at = 0; at < bytes.length; at += PIECE) {
    yield bytes.subarray(at, at + PIECE);
    if (performance.now() - since < TURN_MS) continue;
    await yieldToEventLoop();
    since = performance.now();
  }
}
