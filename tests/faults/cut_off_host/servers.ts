/** The servers of the scenario, and the ways to them. */
import { postgresServer } from "../../support/servers/postgres_server.ts";
import { redisServer } from "../../support/servers/redis_server.ts";
import { relayTo } from "../../support/servers/relay.ts";

interface Way {
  readonly url: string;
}

interface Ways extends AsyncDisposable {
  /** Straight. */
  readonly url: string;
  /** Its connections can be closed, and no other be made. Returns what mends it. */
  readonly closable: Way & { cut(): () => void };
  /** Nothing passes it any more, and neither side learns of that. */
  readonly silenceable: Way & { cut(): Promise<() => Promise<void>> };
}

interface Backend {
  readonly start: () => Promise<Ways>;
  readonly says: { readonly closed: RegExp; readonly silent: RegExp };
  /** What is promised, and what six hosts on one machine take beside; `lost_host_test.ts` holds the promise itself. */
  readonly withinMs: { readonly closed: number; readonly silent: number };
}

/** Of the same server; what comes from there is for the address by which it came. */
const OTHER_ADDRESS = "127.0.0.9";

/** Servers by name. PostgreSQL learns from the network that a host is gone, so that must lose what is sent. */
export const SERVERS: Readonly<Record<string, Backend>> = {
  PostgreSQL: {
    start: async () => {
      const server = await postgresServer({
        ...{ isDurable: false, settings: { listen_addresses: `127.0.0.1,${OTHER_ADDRESS}` } },
      });
      return waysTo(server, { hostname: OTHER_ADDRESS, lose: loseAddress });
    },
    // What was under way says the one, and what comes next the other.
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
  /** Makes the network lose what is sent there; returns what mends that. */
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

/** In a network of its own. */
async function loseAddress(): Promise<() => Promise<void>> {
  const route = async (what: "add" | "del") => {
    const args = ["route", what, "blackhole", OTHER_ADDRESS, "table", "local"];
    const { success, stderr } = await new Deno.Command("ip", { args }).output();
    if (!success) throw new Error(`ip ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  };
  await route("add");
  return () => route("del");
}
