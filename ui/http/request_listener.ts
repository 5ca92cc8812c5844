/** Between the server of `node:http` and an app that knows requests of the web. */
import type { IncomingMessage, RequestListener } from "node:http";
import type { Socket } from "node:net";
import { getRequestListener } from "@hono/node-server";
import type { App } from "../base_app.ts";
import type { Progress } from "./app_env.ts";
import { NO_HOST } from "./host_guard.ts";
import { Outflow } from "./backpressure.ts";
import { looksRelayed } from "./client_address.ts";

/**
 * Requests of one connection. No browser sends one before it has the last response, and thousands of them in a few packets
 * would hold up all others: they are served in one go.
 */
const MAX_PENDING = 10;

const BODILESS = ["GET", "HEAD", "TRACE"];

/** A request is worked on from now on; returns the function to call at its end. */
export type OnRequest = () => () => void;

export function requestListener(
  app: Pick<App, "fetch">,
  onRequest: OnRequest = () => () => {},
): RequestListener {
  const outflow = new Outflow();
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
  /** Of each connection: resolves when its last response has been taken. */
  const taken = new WeakMap<Socket, Promise<void>>();
  return async (incoming, outgoing) => {
    const { socket } = incoming;
    if (socket.destroyed || count(socket, 1) > MAX_PENDING) return void socket.destroy();
    // Such a client knows no chunks: what has no known length ends with the connection.
    if (incoming.httpVersion === "1.0") outgoing.useChunkedEncodingByDefault = false;
    const { promise, resolve } = Promise.withResolvers<void>();
    outgoing.once("close", () => {
      count(socket, -1);
      resolve();
    });
    outflow.follow(outgoing);
    const before = taken.get(socket);
    taken.set(socket, promise);
    // They are sent one after the other anyhow: nothing is gained by making them before.
    if (count(socket, 0) > 1) await before;
    if (socket.destroyed) return;
    try {
      await respond(incoming, outgoing);
      // What is not taken yet lies in memory.
      await promise;
    } finally {
      progressOf.get(incoming)?.end();
    }
  };
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
 * hono's limit on bodies reads one that does not tell its length, and copies the request then: of the requests that the
 * adapter makes up, that is possible only with one of the runtime's own.
 */
function plain(request: Request): Request {
  const { url, method, headers } = request;
  const isMeasured = headers.has("content-length") && !headers.has("transfer-encoding");
  if (isMeasured || BODILESS.includes(method) || !URL.canParse(url)) return request;
  return new Request(url, { method, headers, body: request.body, signal: request.signal });
}

/** Of a connection that is gone already nothing is known: an empty address is trusted by no rule. */
function addressOf({ remoteAddress = "", remotePort = 0 }: IncomingMessage["socket"]): Deno.NetAddr {
  return { transport: "tcp", hostname: remoteAddress, port: remotePort };
}
