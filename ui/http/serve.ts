/** Serves both pages on their ports, with a time limit on every wait. */
import { isLoopbackAddress, messageOf } from "@persistent-queue/queue";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { Socket } from "node:net";
import type { App } from "../base_app.ts";
import { isTrustedBy, networkOf } from "./client_address.ts";
import { type OnRequest, requestListener } from "./request_listener.ts";
import { Outflow } from "./backpressure.ts";
import { ServeError } from "./errors.ts";

/** How long the server waits for a client, in milliseconds. */
export interface Timeouts {
  /** For the complete header of a request. */
  readonly headersTimeout: number;
  /** For header and body together; the response may take as long as it likes. */
  readonly requestTimeout: number;
  /** For the next request on the same connection. */
  readonly keepAliveTimeout: number;
  /** For a client that reads nothing of what is sent to it. */
  readonly timeout: number;
  /** How often these limits are checked. */
  readonly connectionsCheckingInterval: number;
}

/** `Deno.serve` waits forever in all of these cases; the `node:http` server does not. */
export const TIMEOUTS: Timeouts = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  // Longer than a proxy keeps it (nginx 60 s): if we close just as it sends a request, it gives its client a 502.
  keepAliveTimeout: 75_000,
  timeout: 60_000,
  connectionsCheckingInterval: 1_000,
};

/** In an address, an id of 2,000 characters can take 18,000, and the way there over the login 30,000. */
const MAX_HEADER_BYTES = 64 * 1024;

/** Two servers, a database and the logs share the 1024 files that a process may open on most systems. */
const MAX_CONNECTIONS = 250;
/** From here on idle connections are closed: their clients reconnect when they have a request. */
const CROWDED = 225;
/** Of these, for one address on another machine. */
const MAX_PER_ADDRESS = 100;

/** How long requests in progress may still take when the server closes, in milliseconds. */
const GRACE_MS = 1_500;
/** The longest that closing may take, whatever happens, in milliseconds. */
const CLOSED_BY_MS = 2_000;

export interface ServeOptions {
  readonly app: Pick<App, "fetch" | "close">;
  /** The address to listen on. */
  readonly hostname: string;
  /** The host name to use in `url`. */
  readonly name?: string;
  readonly port: number;
  /** Addresses and networks that each serve many clients. */
  readonly trustedProxies?: readonly string[];
  /** The setting to change if the port is taken. */
  readonly setting: string;
  /** Called for each request that is worked on, except probes, static files and event streams. */
  readonly onRequest?: OnRequest;
  /** Overrides of the defaults. */
  readonly timeouts?: Partial<Timeouts>;
}

type Place = Pick<ServeOptions, "hostname" | "port" | "setting">;

export interface Served {
  readonly url: string;
  /** Resolves once it listens, a moment after `serve` has found the address free. */
  readonly ready: Promise<void>;
  /** Ends the event streams, lets requests in progress finish, and cuts off those that take too long. */
  close(): Promise<void>;
}

/**
 * Tries several ports before any of them is served, so that an operator hears about all that are taken.
 * @throws {ServeError} with a sentence for each that cannot be served
 */
export function assertFree(places: readonly Place[]): void {
  const problems = places.flatMap((place) => {
    try {
      freeAddress(place);
      return [];
    } catch (error) {
      return [messageOf(error)];
    }
  });
  if (problems.length > 0) throw new ServeError(problems.join(" "));
}

/** @throws {ServeError} with a sentence that says what to do */
export function serve(options: ServeOptions): Served {
  const { app, hostname } = options;
  const address = freeAddress(options);
  const { timeout, ...timeouts } = { ...TIMEOUTS, ...options.timeouts };
  const outflow = new Outflow();
  // The app itself serves probes without a Host, and refuses everything else.
  const server = createServer(
    { ...timeouts, requireHostHeader: false, maxHeaderSize: MAX_HEADER_BYTES },
    requestListener(app, { outflow, onRequest: options.onRequest }),
  );
  // Node's own limit would count the time that the app works on a response as the client's silence.
  server.timeout = 0;
  const watch = setInterval(() => outflow.disconnectStalled(timeout), timeouts.connectionsCheckingInterval);
  server.maxConnections = MAX_CONNECTIONS;
  limitPerAddress(server, { most: MAX_PER_ADDRESS, isTrusted: isTrustedBy(options.trustedProxies ?? []) });
  makeRoom(server);
  const { name = hostname } = options;
  const host = name.includes(":") ? `[${name}]` : name;
  return {
    url: `http://${host}:${address.port}`,
    ready: listen(server, address),
    close: async () => {
      app.close();
      await close(server);
      clearInterval(watch);
    },
  };
}

/** Node reports a taken port only later, when the caller has moved on, so the port is tried first. */
function freeAddress({ hostname, port, setting }: Place): Deno.NetAddr {
  try {
    using listener = Deno.listen({ hostname, port });
    return listener.addr;
  } catch (cause) {
    if (cause instanceof Deno.errors.AddrInUse) {
      throw new ServeError(
        `Port ${port} is in use: end the program that has it, or choose another with ${setting}.`,
        { cause },
      );
    }
    const words = messageOf(cause);
    throw new ServeError(`Cannot listen on ${hostname}:${port}: check HOST and ${setting} (${words}).`, {
      cause,
    });
  }
}

/** Rejects if another program took the port at this very moment. */
async function listen(server: Server, { hostname, port }: Deno.NetAddr): Promise<void> {
  server.listen(port, hostname);
  await once(server, "listening");
}

/** Idle connections must not crowd out those with requests. */
function makeRoom(server: Server): void {
  let open = 0;
  server.on("connection", (socket: Socket) => {
    open++;
    socket.once("close", () => open--);
    if (open >= CROWDED) server.closeIdleConnections();
  });
}

async function close(server: Server): Promise<void> {
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  const timers = [
    setTimeout(() => server.closeAllConnections(), GRACE_MS),
    setTimeout(resolve, CLOSED_BY_MS),
  ];
  server.close(() => resolve());
  server.closeIdleConnections();
  await closed;
  for (const timer of timers) clearTimeout(timer);
}

interface PerAddressOptions {
  readonly most: number;
  /** A trusted proxy serves many clients. */
  readonly isTrusted: (address: string) => boolean;
}

/**
 * Limits the connections of another machine, so that some of the server's total are left for others. This machine is
 * exempt: a proxy here serves many clients, and a local program could do worse.
 */
function limitPerAddress(server: Pick<Server, "on">, { most, isTrusted }: PerAddressOptions): void {
  const open = new Map<string, number>();
  server.on("connection", (socket: Socket) => {
    const { remoteAddress = "" } = socket;
    if (isLoopbackAddress(remoteAddress) || isTrusted(remoteAddress)) return;
    const network = networkOf(remoteAddress);
    const count = open.get(network) ?? 0;
    if (count >= most) return socket.destroy();
    open.set(network, count + 1);
    socket.once("close", () => {
      const left = (open.get(network) ?? 1) - 1;
      if (left === 0) open.delete(network);
      else open.set(network, left);
    });
  });
}
