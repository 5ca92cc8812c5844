/** Several hosts on one server, each with its pages, as the tests of what they share use them. */
import assert from "node:assert/strict";
import type { AppOptions } from "@persistent-queue/ui";
import { type PostgresServer, postgresServer, whyNoPostgres } from "../support/servers/postgres_server.ts";
import { type RedisServer, redisServer, whyNoRedis } from "../support/servers/redis_server.ts";
import { type Ask, openPages, PASSWORD, type TestPages } from "./open_pages.ts";

export const MINUTE = 60_000;

type Server = PostgresServer | RedisServer;

interface Backend {
  readonly name: string;
  readonly why: string | null;
  start(): Promise<Server>;
}

const BACKENDS: readonly Backend[] = [
  { name: "PostgreSQL", why: whyNoPostgres(), start: () => postgresServer({ isDurable: false }) },
  { name: "Redis", why: whyNoRedis(), start: () => redisServer({}, { isDurable: false }) },
];

export interface Stage {
  readonly server: Server;
  /** What passes beyond the time that really does; all hosts and the server live in it. */
  readonly clock: { aheadMs: number };
  /** A host with its pages. */
  host(options?: Partial<AppOptions>, url?: string): Promise<TestPages>;
}

/** A test on each backend, with a server of its own. */
export function onEachServer(sentence: string, body: (stage: Stage) => Promise<void>): void {
  for (const { name, why, start } of BACKENDS) {
    const skipped = why === null ? "" : ` (skipped: ${why})`;
    const run = async () => {
      await using server = await start();
      const clock = { aheadMs: 0 };
      const now = () => Date.now() + clock.aheadMs;
      const hosts: TestPages[] = [];
      const host: Stage["host"] = async (options = {}, url = server.url()) => {
        const pages = await openPages({ now, ...options }, { url, clock: now });
        hosts.push(pages);
        return pages;
      };
      try {
        await body({ server, clock, host });
      } finally {
        // They answer when they know whose password the sessions were opened with: no hash is left under way.
        for (const one of hosts) {
          await Promise.all([statusOf(one.ask("/login")), statusOf(one.askOps("/login"))]);
        }
        for (const one of hosts) await one[Symbol.asyncDispose]();
      }
    };
    Deno.test({ name: `${name}: ${sentence}`.concat(skipped), ignore: why !== null, fn: run });
  }
}

/** Two hosts behind one name. */
export async function twoHosts({ host }: Stage): Promise<readonly [TestPages, TestPages]> {
  return [await host(), await host()];
}

async function statusOf(response: Promise<Response>): Promise<number> {
  const { status, body } = await response;
  await body?.cancel();
  return status;
}

/** Whether the Manager lets in who has this cookie: asked without a sign of life, and without a look at the queue. */
export async function isIn(pages: TestPages, cookie: string): Promise<boolean> {
  const status = await statusOf(pages.ask("/api/nothing", { headers: { cookie } }));
  assert.ok(status === 404 || status === 401, String(status));
  return status === 404;
}

/** The same for Ops. */
export async function isInOps(pages: TestPages, cookie: string): Promise<boolean> {
  const status = await statusOf(pages.askOps("/nothing", { headers: { cookie } }));
  assert.ok(status === 404 || status === 303, String(status));
  return status === 404;
}

/** Whether the Manager knows who visits it: the login leads on then. A sign of life. */
export async function visits(pages: TestPages, cookie: string): Promise<boolean> {
  const status = await statusOf(pages.ask("/login", { headers: { cookie } }));
  assert.ok(status === 303 || status === 200, String(status));
  return status === 303;
}

export function logOut(pages: TestPages, cookie: string): Promise<number> {
  return statusOf(pages.ask("/logout", { method: "POST", headers: { cookie } }));
}

export function tryPassword(pages: TestPages, password = PASSWORD, ask: Ask = {}): Promise<number> {
  const body = new URLSearchParams({ password });
  return statusOf(pages.ask("/login", { method: "POST", body, ...ask }));
}
