/** Serves both pages on their ports, with a time limit on every wait. */
import { isLoopbackAddress, messageOf } from "@persistent-queue/queue";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { Socket } from "node:net";
import type { App } from "../base_app.ts";
import { networkOf, trustIn } from "./client_address.ts";
import { type OnRequest, requestListener } from "./request_listener.ts";
import { ServeError } from "./errors.ts";

/** How long the server waits for a client, in milliseconds. */
export interface Patience {
  /** For the whole header of a request. */
  readonly headersTimeout: number;
  /** For header and body together; the response may take as long as it likes. */
  readonly requestTimeout: number;
  /** For the next request on the same connection. */
  readonly keepAliveTimeout: number;
  /** For one who takes nothing of what is sent. */
  readonly timeout: number;
  /** How often it is looked after. */
  readonly connectionsCheckingInterval: number;
}

/** `Deno.serve` waits for ever, in every one of these cases; the server of `node:http` does not. */
export const PATIENCE: Patience = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  // Longer than a proxy keeps it (nginx 60 s): one that sends a request just as we hang up tells its client 502.
  keepAliveTimeout: 75_000,
  timeout: 60_000,
  connectionsCheckingInterval: 1_000,
};

/** Two servers, a database and the logs share the 1024 files that a process may have open on most systems. */
const MAX_CONNECTIONS = 250;
/** From here on those go that only wait for a next request: they come again when they have one. */
const CROWDED = 225;
/** Of these, for one address of another machine. */
const MAX_PER_ADDRESS = 100;

/** How long requests in progress may still take when the server closes, in milliseconds. */
const GRACE_MS = 1_500;
/** How long the close takes at most, whatever happens, in milliseconds. */
const CLOSED_BY_MS = 2_000;

export interface ServeOptions {
  readonly app: Pick<App, "fetch" | "close">;
  /** The address to listen on. */
  readonly hostname: string;
  /** What it is called in `url`, where that is a name. */
  readonly name?: string;
  readonly port: number;
  /** Addresses and networks that speak for many. */
  readonly trustedProxies?: readonly string[];
  /** The setting to change when the port is taken. */
  readonly setting: string;
  /** Told of each request that is worked on: not of probes, files and streams of events. */
  readonly onRequest?: OnRequest;
  /** Other than usual. */
  readonly patience?: Partial<Patience>;
}

export interface Served {
  readonly url: string;
  /** Resolves once it listens, a moment after `serve` has found the address to be free. */
  readonly ready: Promise<void>;
  /** Ends the event streams, lets requests that are under way finish, and cuts off those that take too long. */
  close(): Promise<void>;
}

/** @throws {ServeError} with a sentence that says what to do */
export function serve(options: ServeOptions): Served {
  const { app, hostname } = options;
  const address = freeAddress(options);
  const { timeout, ...patience } = { ...PATIENCE, ...options.patience };
  // Without a Host the probes are served, and whatever else is refused, by the app itself.
  const server = createServer(
    { ...patience, requireHostHeader: false },
    requestListener(app, options.onRequest),
  );
  server.timeout = timeout;
  server.maxConnections = MAX_CONNECTIONS;
  limitPerAddress(server, { most: MAX_PER_ADDRESS, isTrusted: trustIn(options.trustedProxies ?? []) });
  makeRoom(server);
  const { name = hostname } = options;
  const host = name.includes(":") ? `[${name}]` : name;
  return {
    url: `http://${host}:${address.port}`,
    ready: listen(server, address),
    close: () => {
      app.close();
      return close(server);
    },
  };
}

/** Node tells only later that a port is taken, when the caller has gone on: so it is tried first. */
function freeAddress({ hostname, port, setting }: ServeOptions): Deno.NetAddr {
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

/** Rejects when another program took the port in this very moment. */
async function listen(server: Server, { hostname, port }: Deno.NetAddr): Promise<void> {
  server.listen(port, hostname);
  await once(server, "listening");
}

/** Connections that are kept for long must not take the places of those that ask. */
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
  /** A proxy speaks for many. */
  readonly isTrusted: (address: string) => boolean;
}

/**
 * Cuts off another machine that takes more than so many connections, so that a server with a limit of its own has
 * some left for others. Not so this machine: a proxy here speaks for many, and a local program could do worse.
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
