/** The servers of the scenario, and the routes to them. */
import { postgresServer } from "../../support/servers/postgres_server.ts";
import { redisServer } from "../../support/servers/redis_server.ts";
import { relayTo } from "../../support/servers/relay.ts";

interface Way {
  readonly url: string;
}

interface Ways extends AsyncDisposable {
  /** The direct route. */
  readonly url: string;
  /** `cut` closes its connections and refuses new ones. Returns the function that repairs it. */
  readonly closable: Way & { cut(): () => void };
  /** After `cut` nothing gets through, and neither side learns of that. */
  readonly silenceable: Way & { cut(): Promise<() => Promise<void>> };
}

interface Backend {
  readonly start: () => Promise<Ways>;
  readonly says: { readonly closed: RegExp; readonly silent: RegExp };
  /** The promise, with a margin for six hosts on one machine; `lost_host_test.ts` tests the promise itself. */
  readonly withinMs: { readonly closed: number; readonly silent: number };
}

/** Another address of the same server, which answers from the address that it was reached at. */
const OTHER_ADDRESS = "127.0.0.9";

/** Servers by name. PostgreSQL learns from the network that a host is gone, so the network must drop packets. */
export const SERVERS: Readonly<Record<string, Backend>> = {
  PostgreSQL: {
    start: async () => {
      const server = await postgresServer({
        ...{ isDurable: false, settings: { listen_addresses: `127.0.0.1,${OTHER_ADDRESS}` } },
      });
      return waysTo(server, { hostname: OTHER_ADDRESS, lose: loseAddress });
    },
    // Calls in flight report one of them, later calls the other.
    says: { closed: /cannot be reached/, silent: /does not answer|cannot be reached/ },
    withinMs: { closed: 3_500, silent: 14_000 },
  },
  Redis: {
    start: async () =>
      waysTo(await redisServer(), { hostname: "127.0.0.1", lose: () => Promise.resolve(() => {}) }),
    says: { closed: /cannot be reached/, silent: /does not answer/ },
    withinMs: { closed: 5_500, silent: 14_000 },
  },
};

interface Server extends AsyncDisposable {
  readonly port: number;
  url(): string;
}

interface OtherWay {
  readonly hostname: string;
  /** Makes the network drop what is sent there; returns the function that repairs it. */
  readonly lose: () => Promise<() => void | Promise<void>>;
}

function waysTo(server: Server, { hostname, lose }: OtherWay): Ways {
  const [first, second] = [relayTo(server.port), relayTo(server.port, hostname)];
  const through = (port: number) => server.url().replace(`:${server.port}`, `:${port}`);
  return {
    url: server.url(),
    closable: {
      url: through(first.port),
      cut: () => {
        first.cut();
        return () => first.mend();
      },
    },
    silenceable: {
      url: through(second.port),
      cut: async () => {
        second.swallow();
        const mend = await lose();
        return async () => {
          await mend();
          second.mend();
        };
      },
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([first, second].map((relay) => relay[Symbol.asyncDispose]()));
      await server[Symbol.asyncDispose]();
    },
  };
}

/** Runs in its own network namespace. */
async function loseAddress(): Promise<() => Promise<void>> {
  const route = async (what: "add" | "del") => {
    const args = ["route", what, "blackhole", OTHER_ADDRESS, "table", "local"];
    const { success, stderr } = await new Deno.Command("ip", { args }).output();
    if (!success) throw new Error(`ip ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  };
  await route("add");
  return () => route("del");
}
