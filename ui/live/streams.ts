/** Pages that follow the queue: server-sent events, computed once for all who watch. */
import type { Context } from "hono";
import type { AppEnv } from "../http/app_env.ts";
import { streamSSE } from "hono/streaming";
import type { QueueStats, SystemView } from "@persistent-queue/queue";
import { Broadcast } from "./broadcast.ts";
import type { OpsPorts } from "../page_deps.ts";
import { HttpError } from "../http/errors.ts";
import type { StreamPlaces } from "./stream_limit.ts";
import { countsOnWire, systemOnWire, warningsOf } from "../api/serializers.ts";

interface LiveOptions {
  readonly onFault: (error: unknown) => void;
}

/** For Ops: `{"stats", "system"}` whole; `stats` is null while the storage does not answer. */
export function snapshots({ queue, system }: OpsPorts, { onFault }: LiveOptions): Broadcast {
  return new Broadcast({
    async render() {
      const stats = await queue.stats().catch(() => null);
      const view = systemOnWire(system.view());
      return JSON.stringify({
        stats: numbersOf(stats, queue.revision),
        system: trouble(view, queue.trouble),
      });
    },
    mark: () => `${queue.revision} ${queue.trouble} ${sightOf(system.view())}`,
    tickMs: 500,
    restMs: 900,
    onFault,
  });
}

function numbersOf(stats: QueueStats | null, revision: number) {
  return stats === null ? null : { ...countsOnWire(stats), revision };
}

function trouble(view: ReturnType<typeof systemOnWire>, ofQueue: string | null) {
  return { ...view, trouble: view.trouble ?? ofQueue };
}

/** What of the system is worth a new snapshot by itself; ages move on with the next one anyhow. */
function sightOf({ consumers, warnings, events, stopping, producing, trouble }: SystemView): string {
  const who = consumers.map(({ id, state, jobId, done }) => `${id} ${state} ${jobId} ${done}`);
  return JSON.stringify([who, warnings, events[0], stopping, producing, trouble]);
}

/** For the Manager: that something has changed, and the counts. `stats` is null while the storage does not answer. */
export function changes({ queue, system }: OpsPorts, { onFault }: LiveOptions): Broadcast {
  return new Broadcast({
    async render() {
      const { revision } = queue;
      const stats = await queue.stats().catch(() => null);
      return JSON.stringify({
        revision,
        stats: stats === null ? null : { counts: stats.counts, stalled: stats.stalled },
        warnings: warningsOf(system),
      });
    },
    mark: () => `${queue.revision} ${queue.trouble} ${warningsOf(system)}`,
    tickMs: 250,
    restMs: 4500,
    onFault,
  });
}

export interface StreamOptions {
  /** The name of each event. */
  readonly event: string;
  /** Asked before each event; false ends the stream. */
  readonly stillWelcome: () => boolean;
  readonly places: StreamPlaces;
}

/** Returns an endless stream. @throws {HttpError} 503 when all places are taken */
export function streamOf(c: Context<AppEnv>, broadcast: Broadcast, options: StreamOptions): Response {
  const { event, stillWelcome, places } = options;
  c.header("X-Accel-Buffering", "no");
  if (c.req.method === "HEAD") return c.body(null, { headers: { "Content-Type": "text/event-stream" } });
  const controller = new AbortController();
  if (!places.take(controller)) {
    const options = { headers: { "Retry-After": "30" } };
    throw new HttpError(503, "too_many_streams", "Too many pages are watching already. Close some.", options);
  }
  c.env.progress.end();
  const answer = streamSSE(c, async (stream) => {
    // Either side may end it: the reader by leaving, we by closing, by losing patience or by giving its place away.
    stream.onAbort(() => controller.abort());
    controller.signal.addEventListener("abort", () => stream.abort());
    try {
      for await (const data of broadcast.follow(controller)) {
        if (!stillWelcome()) break;
        await stream.writeSSE({ event, data });
      }
    } finally {
      places.leave(controller);
    }
  });
  // hono sets both, also for HTTP/1.0, which knows neither: how the stream is sent is up to the server.
  for (const name of ["Transfer-Encoding", "Connection"]) answer.headers.delete(name);
  return answer;
}
