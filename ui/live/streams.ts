/** Live pages: server-sent events, computed once for all viewers. */
import type { Context } from "hono";
import { streamSSE } from "hono/streaming";
import type { QueueStats, SystemView } from "@persistent-queue/queue";
import type { AppEnv } from "../http/app_env.ts";
import type { OpsDeps } from "../page_deps.ts";
import { HttpError } from "../http/errors.ts";
import { countsOnWire, systemOnWire, warningsOf } from "../api/serializers.ts";
import { Broadcast } from "./broadcast.ts";

interface LiveOptions {
  readonly onFault: (error: unknown) => void;
}

/** For Ops: complete `{"stats", "system"}`; `stats` is null while the storage does not respond. */
export function snapshots({ queue, system }: OpsDeps, { onFault }: LiveOptions): Broadcast {
  return new Broadcast({
    async render() {
      const stats = await queue.stats().catch(() => null);
      const view = systemOnWire(system.view(), queue);
      return JSON.stringify({
        stats: numbersOf(stats, queue),
        system: trouble(view, queue.trouble),
      });
    },
    mark: () => `${queue.revision} ${queue.trouble} ${fingerprintOf(system.view())}`,
    tickMs: 500,
    restMs: 900,
    onFault,
  });
}

function numbersOf(stats: QueueStats | null, { hosts, revision }: OpsDeps["queue"]) {
  return stats === null ? null : { ...countsOnWire(stats, hosts), revision };
}

function trouble(view: ReturnType<typeof systemOnWire>, ofQueue: string | null) {
  return { ...view, trouble: view.trouble ?? ofQueue };
}

/** The part of the system whose changes trigger a new snapshot; ages are updated with the next one anyway. */
function fingerprintOf({ consumers, warnings, events, stopping, producing, trouble }: SystemView): string {
  const who = consumers.map(({ id, state, jobId, done }) => `${id} ${state} ${jobId} ${done}`);
  return JSON.stringify([who, warnings, events[0], stopping, producing, trouble]);
}

/** For the Manager: the revision and the counts. `stats` is null while the storage does not respond. */
export function changes({ queue, system }: OpsDeps, { onFault }: LiveOptions): Broadcast {
  return new Broadcast({
    async render() {
      const { revision } = queue;
      const stats = await queue.stats().catch(() => null);
      return JSON.stringify({
        revision,
        stats: stats === null ? null : { counts: stats.counts, stalled: stats.stalled },
        warnings: warningsOf({ queue, system }),
      });
    },
    mark: () => `${queue.revision} ${queue.trouble} ${warningsOf({ queue, system })}`,
    tickMs: 250,
    restMs: 4500,
    onFault,
  });
}

export interface StreamOptions {
  /** The name of each event. */
  readonly event: string;
  /** Checked before each event; false ends the stream. */
  readonly stillAuthorized: () => boolean;
  readonly limit: StreamLimit;
}

/** Returns an endless stream. @throws {HttpError} 503 if too many streams are open */
export function streamOf(c: Context<AppEnv>, broadcast: Broadcast, options: StreamOptions): Response {
  const { event, stillAuthorized, limit } = options;
  c.header("X-Accel-Buffering", "no");
  if (c.req.method === "HEAD") return c.body(null, { headers: { "Content-Type": "text/event-stream" } });
  const controller = new AbortController();
  if (!limit.take(controller)) {
    const options = { headers: { "Retry-After": "30" } };
    throw new HttpError(503, "too_many_streams", "Too many pages are watching already. Close some.", options);
  }
  c.env.progress.end();
  const response = streamSSE(c, async (stream) => {
    // Either side may end it: the reader by leaving; we by closing, by a timeout or to make room for another.
    stream.onAbort(() => controller.abort());
    controller.signal.addEventListener("abort", () => stream.abort());
    try {
      for await (const data of broadcast.follow(controller)) {
        if (!stillAuthorized()) break;
        await stream.writeSSE({ event, data });
      }
    } finally {
      limit.leave(controller);
    }
  });
  // hono sets both, even for HTTP/1.0, which has neither: how the stream is sent is up to the server.
  for (const name of ["Transfer-Encoding", "Connection"]) response.headers.delete(name);
  return response;
}

export interface StreamLimitOptions {
  /** How many streams may be open at once. */
  readonly most: number;
  /** A stream younger than this is not ended for another one; otherwise many readers would keep displacing each other. */
  readonly settledMs?: number;
}

/**
 * Limits how many streams are open at once. A reader that reads nothing cannot be told from one that does: the operating
 * system buffers some megabytes, minutes of a busy page and hours of a quiet one, before a write blocks. So at the limit
 * the oldest stream is ended, if it has been open for a while: a live page reconnects within seconds, and displaces
 * another one.
 */
export class StreamLimit {
  /** When each was opened, by the monotonic clock; oldest first. */
  readonly #since = new Map<AbortController, number>();
  readonly #most: number;
  readonly #settledMs: number;

  constructor({ most, settledMs = 60_000 }: StreamLimitOptions) {
    this.#most = most;
    this.#settledMs = settledMs;
  }

  /** False if there is no room. After true, call `leave` at the end of the stream, and at once when it is aborted. */
  take(controller: AbortController): boolean {
    if (this.#since.size >= this.#most && !this.#makeRoom()) return false;
    this.#since.set(controller, performance.now());
    return true;
  }

  leave(controller: AbortController): void {
    this.#since.delete(controller);
  }

  #makeRoom(): boolean {
    const [oldest] = this.#since;
    if (oldest === undefined) return false;
    const [controller, since] = oldest;
    if (performance.now() - since < this.#settledMs) return false;
    this.#since.delete(controller);
    controller.abort();
    return true;
  }
}
