/** Connects a `node:http` server with an app that handles web requests. */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { getRequestListener } from "@hono/node-server";
import type { App } from "../base_app.ts";
import type { Progress } from "./app_env.ts";
import { isForbidden } from "./errors.ts";
import { hostnameOf, NO_HOST } from "./host_guard.ts";
import type { Outflow } from "./backpressure.ts";
import { looksRelayed } from "./client_address.ts";

/**
 * The most requests in progress on one connection. Browsers do not pipeline requests, and thousands of them in a few
 * packets would hold up all others, because they are served in one go.
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
  const progressOf = new WeakMap<IncomingMessage, RequestProgress>();
  const infoOf = (incoming: IncomingMessage) => {
    const { socket, httpVersion, rawHeaders } = incoming;
    const progress = new RequestProgress(onRequest);
    progressOf.set(incoming, progress);
    return {
      remoteAddr: addressOf(socket),
      looksRelayed: looksRelayed(httpVersion, rawHeaders),
      room: () => outflow.room(),
      progress,
    };
  };
  const respond = getRequestListener(
    (request, { incoming }) => app.fetch(plain(request), infoOf(incoming as IncomingMessage)),
    { overrideGlobalObjects: false, hostname: NO_HOST },
  );
  const connections = new WeakMap<Socket, Connection>();
  return async (incoming, outgoing) => {
    const { socket } = incoming;
    const connection = connections.get(socket) ?? new Connection();
    connections.set(socket, connection);
    if (socket.destroyed || !connection.takes()) return void socket.destroy();
    // Such a client does not understand chunks: a body of unknown length ends with the connection.
    if (incoming.httpVersion === "1.0") outgoing.useChunkedEncodingByDefault = false;
    incoming.headers.host = servedHost(incoming.headers.host);
    const { before, sent } = connection.begin(outgoing);
    outflow.follow(outgoing);
    if (before !== null) await before;
    if (socket.destroyed) return;
    try {
      await respond(incoming, outgoing);
      // What is not sent yet stays in memory.
      await sent;
    } finally {
      progressOf.get(incoming)?.end();
    }
  };
}

/** The requests that are in progress on one connection. */
class Connection {
  #pending = 0;
  /** Resolves when the last of its responses has been sent. */
  #last: Promise<void> | null = null;

  /** Whether it takes one more. */
  takes(): boolean {
    this.#pending += 1;
    return this.#pending <= MAX_PENDING;
  }

  /**
   * `sent`: resolves when this response has been sent. `before`: it is sent only after that, so there is nothing to gain by
   * rendering it earlier.
   */
  begin(
    outgoing: ServerResponse,
  ): { readonly before: Promise<void> | null; readonly sent: Promise<void> } {
    const { promise: sent, resolve } = Promise.withResolvers<void>();
    outgoing.once("close", () => {
      this.#pending -= 1;
      resolve();
    });
    const before = this.#pending > 1 ? this.#last : null;
    this.#last = sent;
    return { before, sent };
  }
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
