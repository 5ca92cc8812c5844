/**
 * Two hundred slow clients at once: half requests, dripped bytes, responses that are never read. Other
 * clients must not notice.
 */
import { serve, type Served } from "@persistent-queue/ui";
import { TIMEOUTS } from "../../ui/http/serve.ts";
import type { Random } from "../support/random.ts";
import { exchange } from "../support/web/raw_client.ts";
import { Standstill } from "./slow_client/standstill.ts";
import { GREEDY_CLIENTS, SLOW_CLIENTS, type Stand, watchBlindly } from "./slow_client/slow_clients.ts";
import { openPages, TOKEN } from "../ui/open_pages.ts";
import type { Fault } from "./fault.ts";

const CROWD = 200;
/** The clients that watch without reading: fewer than there are places. */
const WATCHERS = 20;
/** The limit for closing; the server itself allows two seconds. */
const CLOSED_BY_MS = 3_000;

const GOOD = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

const SHORT = {
  headersTimeout: 400,
  requestTimeout: 2_000,
  keepAliveTimeout: 300,
  timeout: 1_500,
  connectionsCheckingInterval: 50,
};

export const slowClient: Fault = {
  letter: "U",
  title: "two hundred slow clients",
  tries: { each: 1, long: 50 },
  async *attempts(random) {
    // Every tenth time with the real timeouts, which take two minutes.
    for (let tried = 1;; tried++) yield await crowdedFairly(random, tried % 10 === 0 ? TIMEOUTS : SHORT);
  },
};

/**
 * Without CPU time the server cannot read a request before its timeout, and this process is both server and clients.
 * Such a failure proves nothing, so it is tried again.
 */
async function crowdedFairly(random: Random, timeouts: typeof TIMEOUTS): Promise<string[]> {
  for (let triesLeft = 3;; triesLeft--) {
    using standstill = new Standstill();
    const broken = await crowded(random, timeouts);
    const isFair = standstill.longestMs < timeouts.headersTimeout / 2;
    if (broken.length === 0 || isFair || triesLeft === 1) return broken;
  }
}

async function crowded(random: Random, timeouts: typeof TIMEOUTS): Promise<string[]> {
  await using pages = await openPages();
  await pages.queue.add([{ id: "big", kind: "mail", payload: "x".repeat(1_000_000) }]);
  const served = serve({ app: pages.manager, hostname: "127.0.0.1", port: 0, setting: "X", timeouts });
  await served.ready;
  const port = Number(new URL(served.url).port);
  const stand = { port, timeouts, bigPath: "/api/jobs/big", header: `Authorization: Bearer ${TOKEN}` };
  const watchers = await Promise.all(Array.from({ length: WATCHERS }, () => watchBlindly(stand)));
  const { left, broken } = crowdOf(random, stand);
  broken.push(...await othersAreServed(stand, left));
  const closing = await closed(served);
  const stayed = await Promise.all(watchers.map((isSentAway) => isSentAway()));
  const faults = pages.faults.map((fault) => `an error was reported: ${fault}`);
  return [...broken, ...closing, ...stayed.flat(), ...faults];
}

/** All but the watchers; `left` resolves when the last one is gone. */
function crowdOf(random: Random, stand: Stand): { left: Promise<void>; broken: string[] } {
  const broken: string[] = [];
  const greedy = Object.entries(GREEDY_CLIENTS);
  const slow = Array.from({ length: CROWD - WATCHERS - greedy.length }, () => {
    return random.pick(Object.entries(SLOW_CLIENTS));
  });
  const clients = [...slow, ...greedy].map(async ([name, play]) => {
    broken.push(...(await play(stand)).map((sentence) => `${name} ${sentence}`));
  });
  return { left: Promise.all(clients).then(() => {}), broken };
}

/** While the slow clients are there, and once more when they are gone. */
async function othersAreServed({ port, timeouts }: Stand, left: Promise<void>): Promise<string[]> {
  const broken: string[] = [];
  let areGone = false;
  const gone = left.then(() => areGone = true);
  for (let isLast = false; !isLast;) {
    isLast = areGone;
    using standstill = new Standstill();
    const { text } = await exchange(port, GOOD, { withinMs: 20_000 });
    const isServed = text.startsWith("HTTP/1.1 200 ");
    // Without CPU time this process was late at both ends, which proves nothing, so it is tried again.
    if (!isServed && standstill.longestMs > timeouts.headersTimeout / 2) isLast = false;
    else if (!isServed) broken.push(`a good request was answered "${text.slice(0, 20)}"`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await gone;
  return broken;
}

async function closed(served: Served): Promise<string[]> {
  const since = performance.now();
  await served.close();
  const tookMs = performance.now() - since;
  return tookMs > CLOSED_BY_MS ? [`closing took ${tookMs} ms`] : [];
}
