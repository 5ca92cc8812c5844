/** Both pages on their ports. */
import type { App } from "./app.ts";

export interface ServeOptions {
  readonly app: App;
  readonly hostname: string;
  readonly port: number;
  /** The setting to change when the port is taken. */
  readonly setting: string;
}

export interface Served {
  readonly url: string;
  /** Ends the event streams, then waits for the requests that are under way. */
  close(): Promise<void>;
}

/** Somebody else has the port, or this machine has no such address. */
export class ServeError extends Error {
  override readonly name = "ServeError";
}

/** @throws {ServeError} with a sentence that says what to do */
export function serve({ app, hostname, port, setting }: ServeOptions): Served {
  const server = listen({ app, hostname, port, setting });
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  return {
    url: `http://${host}:${server.addr.port}`,
    close: async () => {
      app.close();
      await server.shutdown();
    },
  };
}

function listen({ app, hostname, port, setting }: ServeOptions): Deno.HttpServer<Deno.NetAddr> {
  try {
    return Deno.serve({ hostname, port, onListen: () => {} }, (request, info) => app.fetch(request, info));
  } catch (cause) {
    if (cause instanceof Deno.errors.AddrInUse) {
      throw new ServeError(
        `Port ${port} is in use: end the program that has it, or choose another with ${setting}.`,
        { cause },
      );
    }
    const words = cause instanceof Error ? cause.message : String(cause);
    throw new ServeError(`Cannot listen on ${hostname}:${port}: check HOST and ${setting} (${words}).`, {
      cause,
    });
  }
}
