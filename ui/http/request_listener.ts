/** Connects a `node:http` server with an app that handles web requests. */
import type { IncomingMessage, RequestListener } from "node:http";
import type { Socket } from "node:net";
import { getRequestListener } from "@hono/node-server";
import type { App } from "../base_app.ts";
import type { Progress } from "./app_env.ts";
import { isForbidden } from "./errors.ts";
import { hostnameOf, NO_HOST } from "./host_guard.ts";
import type { Outflow } from "./backpressure.ts";
import { looksRelayed } from "./client_address.ts";

/**
 * Per connection. Browsers do not pipeline requests, and thousands of them in a few packets would hold up all others,
 * because they are served in one go.
 */
const MAX_PENDING = 10;

const BODILESS = ["GET", "HEAD"];

/** Called when work on a request begins; returns the function to call at its end. */
export type OnRequest = () => () => void;

export interface ListenerOptions {
  readonly outflow: Outflow;
  readonly onRequest?: OnRequest | undefined;
}

export function requestListener(
  app: Pick<App, "fetch">,
  { outflow, onRequest = () => () => {} }: ListenerOptions,
): RequestListener {
  const respond = getRequestListener(
    (request, { incoming }) => {
      const { socket, httpVersion, rawHeaders } = incoming as IncomingMessage;
      const progress = new RequestProgress(onRequest);
      progressOf.set(incoming as IncomingMessage, progress);
      return app.fetch(plain(request), {
        remoteAddr: addressOf(socket),
        looksRelayed: looksRelayed(httpVersion, rawHeaders),
        room: () => outflow.room(),
        progress,
      });
    },
    { overrideGlobalObjects: false, hostname: NO_HOST },
  );
  const progressOf = new WeakMap<IncomingMessage, RequestProgress>();
  const pending = new WeakMap<Socket, number>();
  const count = (socket: Socket, more: 1 | 0 | -1) => {
    const sum = (pending.get(socket) ?? 0) + more;
    pending.set(socket, sum);
    return sum;
  };
  /** Per connection: resolves when its last response has been sent. */
  const taken = new WeakMap<Socket, Promise<void>>();
  return async (incoming, outgoing) => {
    const { socket } = incoming;
    if (socket.destroyed || count(socket, 1) > MAX_PENDING) return void socket.destroy();
    // Such a client does not understand chunks: a body of unknown length ends with the connection.
    if (incoming.httpVersion === "1.0") outgoing.useChunkedEncodingByDefault = false;
    incoming.headers.host = servedHost(incoming.headers.host);
    const { promise, resolve } = Promise.withResolvers<void>();
    outgoing.once("close", () => {
      count(socket, -1);
      resolve();
    });
    outflow.follow(outgoing);
    const before = taken.get(socket);
    taken.set(socket, promise);
    // They are sent one after the other anyway, so there is nothing to gain by rendering them earlier.
    if (count(socket, 0) > 1) await before;
    if (socket.destroyed) return;
    try {
      await respond(incoming, outgoing);
      // What is not sent yet stays in memory.
      await promise;
    } finally {
      progressOf.get(incoming)?.end();
    }
  };
}

/**
 * The adapter answers 400 to a valid host that is not written as a browser would, and a probe is to get its answer all the
 * same. Everywhere else the guard refuses what stands for such a host.
 */
function servedHost(host: string | undefined): string | undefined {
  // RFC 3986 lets a port be empty.
  const given = host?.replace(/:$/, "");
  if (given === undefined || hostnameOf(given) === null) return host;
  const { hostname } = new URL(`http://${given}`);
  return hostname === given.toLowerCase().replace(/:\d+$/, "") ? given : NO_HOST;
}

class RequestProgress implements Progress {
  readonly #onRequest: OnRequest;
  #end: (() => void) | null = null;

  constructor(onRequest: OnRequest) {
    this.#onRequest = onRequest;
  }

  begin(): void {
    this.#end ??= this.#onRequest();
  }

  end(): void {
    this.#end?.();
  }
}

/**
 * hono's body limit reads a body of unknown length and then copies the request. The adapter's lightweight requests cannot
 * be copied, only the runtime's own can.
 */
function plain(request: Request): Request {
  const { url, method, headers } = request;
  const isMeasured = headers.has("content-length") && !headers.has("transfer-encoding");
  if (isMeasured || BODILESS.includes(method) || isForbidden(method) || !URL.canParse(url)) return request;
  return new Request(url, { method, headers, body: request.body, signal: request.signal });
}

/** A connection that is already gone has no address; no rule trusts an empty one. */
function addressOf({ remoteAddress = "", remotePort = 0 }: IncomingMessage["socket"]): Deno.NetAddr {
  return { transport: "tcp", hostname: remoteAddress, port: remotePort };
}
