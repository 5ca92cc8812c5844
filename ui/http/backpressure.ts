/**
 * Limits how much of requests and responses is in memory at once.
 *
 * Responses that clients have not read yet stay in memory, and many slow readers would fill it. So no response is
 * rendered while too much is unsent, and a client that reads nothing is disconnected in favour of those that wait. Nor
 * are many rendered without a pause: each gets its own turn of the event loop, because its cost is known only afterwards.
 *
 * Request bodies take several times their size while they are read, so large ones are read one at a time.
 */
import { setImmediate as nextRound } from "node:timers/promises";
import { sleep, yieldToEventLoop } from "@persistent-queue/queue";
import type { Context, MiddlewareHandler } from "hono";
import { MANY_JOBS_BYTES } from "../api/read_json.ts";
import type { AppEnv, Progress } from "./app_env.ts";
import { bodyLength } from "./body_limit.ts";
import { HttpError } from "./errors.ts";

/** The part of a `node:http` response that is used here. */
interface Outgoing {
  /** Written and not yet sent, in bytes or characters. */
  readonly writableLength: number;
  /** Its connection, whose `bytesWritten` includes what is not yet sent. */
  readonly socket?: { readonly bytesWritten: number } | null;
  destroy(): void;
  once(event: "close", listener: () => void): void;
}

const MAX_UNSENT = 16 * 1024 * 1024;
/** A client that reads nothing for this long may be disconnected, in milliseconds. */
const PATIENCE_MS = 2_000;
const LOOK_MS = 100;
/** The longest time for rendering responses without a pause. */
const TURN_MS = 15;
const LONGEST_WAIT_MS = 10_000;

export interface OutflowOptions {
  readonly maxUnsent?: number;
  readonly patienceMs?: number;
}

export class Outflow {
  /** How much had been sent over the connection of each response at the last check, and when it last was less. */
  readonly #open = new Map<Outgoing, { sent: number; since: number }>();
  readonly #options: Required<OutflowOptions>;
  /** Resolves when the last one in the line has been let in. */
  #line: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  /** When the first response since the last pause was begun; null if none was. */
  #turnBegan: number | null = null;

  constructor({ maxUnsent = MAX_UNSENT, patienceMs = PATIENCE_MS }: OutflowOptions = {}) {
    this.#options = { maxUnsent, patienceMs };
  }

  follow(outgoing: Outgoing): void {
    this.#open.set(outgoing, { sent: sentOf(outgoing), since: performance.now() });
    outgoing.once("close", () => this.#open.delete(outgoing));
  }

  /** Resolves with true when there is room for one more response, with false if that takes too long. */
  async room(): Promise<boolean> {
    if (this.#waiting === 0 && this.#turnBegan === null && this.#unsent() < this.#options.maxUnsent) {
      this.#beginTurn();
      return true;
    }
    const until = performance.now() + LONGEST_WAIT_MS;
    this.#waiting += 1;
    const admitted = this.#line.then(() => this.#pause()).then(() => this.#admit(until));
    this.#line = admitted;
    return await admitted.finally(() => this.#waiting -= 1);
  }

  async #admit(until: number): Promise<boolean> {
    while (this.#unsent() >= this.#options.maxUnsent) {
      if (performance.now() > until) return false;
      this.disconnectStalled(this.#options.patienceMs);
      await sleep(LOOK_MS);
    }
    return true;
  }

  /** Of many at once, each waits until the one before is rendered, and yields to other work if that took long. */
  async #pause(): Promise<void> {
    await nextRound();
    if (this.#turnBegan !== null && performance.now() - this.#turnBegan > TURN_MS) await yieldToEventLoop();
    this.#beginTurn();
  }

  #beginTurn(): void {
    if (this.#turnBegan !== null) return;
    this.#turnBegan = performance.now();
    yieldToEventLoop().then(() => this.#turnBegan = null);
  }

  #unsent(): number {
    let sum = 0;
    for (const { writableLength } of this.#open.keys()) sum += writableLength;
    return sum;
  }

  /**
   * Disconnects clients that have read nothing of what waits for them for so long. While nothing waits, the app is at
   * work, and that may take as long as it likes: so this must be called more often than clients have time.
   */
  disconnectStalled(patienceMs: number): void {
    const now = performance.now();
    for (const [outgoing, seen] of this.#open) {
      const sent = sentOf(outgoing);
      const isStalled = outgoing.writableLength > 0 && sent === seen.sent;
      if (!isStalled) this.#open.set(outgoing, { sent, since: now });
      else if (now - seen.since > patienceMs) outgoing.destroy();
    }
  }
}

/** It does not change when the app only writes more. */
function sentOf({ socket, writableLength }: Outgoing): number {
  return (socket?.bytesWritten ?? 0) - writableLength;
}

/** The last step before work on a request begins. */
export const whenThereIsRoom: MiddlewareHandler<AppEnv> = async (c, next) => {
  if (!await c.env.room()) {
    const options = { headers: { "Retry-After": "10" } };
    throw new HttpError(
      503,
      "busy",
      "Too many responses are waiting for slow readers. Try again later.",
      options,
    );
  }
  c.env.progress.begin();
  await next();
};

/** For an app without such a server in front of it. */
export const ALWAYS_ROOM = () => Promise.resolve(true);
export const UNWATCHED: Progress = { begin: () => {}, end: () => {} };

/** The bytes of all bodies that are read at the same time. */
const MAX_BYTES = MANY_JOBS_BYTES + 1024 * 1024;
/** Smaller bodies do not wait in line. */
const SMALL_BYTES = 64 * 1024;

/** Lets large bodies through one after the other. */
export function largeBodiesInTurn(): MiddlewareHandler<AppEnv> {
  const budget = new ByteBudget(MAX_BYTES);
  return async (c, next) => {
    const bytes = Math.min(bytesOf(c), MAX_BYTES);
    if (bytes <= SMALL_BYTES) return await next();
    // A waiting body is not read meanwhile; the usual request timeout applies to it.
    await budget.take(bytes);
    try {
      await next();
    } finally {
      budget.release(bytes);
    }
  };
}

/** The announced length, or the largest allowed one if none is announced. */
function bytesOf(c: Context): number {
  return bodyLength(c) ?? (c.req.raw.body === null ? 0 : MANY_JOBS_BYTES);
}

class ByteBudget {
  readonly #waiting: { readonly bytes: number; readonly enter: () => void }[] = [];
  #free: number;

  constructor(bytes: number) {
    this.#free = bytes;
  }

  /** First come, first served: small ones do not overtake a large one. */
  async take(bytes: number): Promise<void> {
    if (this.#waiting.length === 0 && bytes <= this.#free) this.#free -= bytes;
    else await new Promise<void>((enter) => this.#waiting.push({ bytes, enter }));
  }

  release(bytes: number): void {
    this.#free += bytes;
    for (
      let next = this.#waiting[0];
      next !== undefined && next.bytes <= this.#free;
      next = this.#waiting[0]
    ) {
      this.#waiting.shift();
      this.#free -= next.bytes;
      next.enter();
    }
  }
}
