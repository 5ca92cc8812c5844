/// <reference lib="deno.worker" />
/**
 * A consumer's life, in its own thread: it is given jobs, does them one after the other, and says how each ended.
 *
 * It never sees the database. The supervisor gives it a lease with each job, makes its results durable, and takes back
 * what it has not begun.
 */
import { makeConsoleUnfailing } from "@persistent-queue/queue/words";
import { Attempt, type AttemptOptions } from "./thread/attempt.ts";
import { Handlers } from "./handlers.ts";
import { keepLastWordsHarmless } from "./thread/last_words.ts";
import { Leftovers } from "./thread/leftovers.ts";
import { holdForLife } from "./thread/life_lock.ts";
import { type Log, openLog } from "./log.ts";
import type { FromThread, JobMessage, StartConsumer, ToConsumer } from "./protocol.ts";
import { Report } from "./thread/report.ts";
import { Tickets } from "./dispatch/tickets.ts";

const inbox: JobMessage[] = [];
/** Ended jobs whose ending is not durable yet, by ticket. */
const unsettled = new Map<number, string>();
const report = new Report(tell);
const leftovers = new Leftovers();
let current: Attempt | null = null;
let wake = () => {};

function tell(message: FromThread): void {
  self.postMessage(message);
}

makeConsoleUnfailing();
keepLastWordsHarmless();
self.onmessage = ({ data: [first] }: MessageEvent<readonly ToConsumer[]>) => {
  if (first?.type === "start") live(first);
};

async function live(start: StartConsumer): Promise<void> {
  await holdForLife(start.lifeLock);
  tell({ type: "alive" });
  const log = openLog(start.log);
  const tickets = new Tickets(start.tickets);
  self.onmessage = ({ data }: MessageEvent<readonly ToConsumer[]>) => {
    for (const message of data) receive(message, log);
  };
  tell({ type: "ready" });
  beat(start.heartbeatMs, log);
  const options = toAttemptOptions(start, log);
  for (;;) {
    await arrival();
    for (let job = inbox.shift(); job !== undefined; job = inbox.shift()) {
      if (!tickets.begin(job.ticket)) continue;
      await work(job, { tickets, options, log });
      leftovers.add();
    }
    report.flush();
    leftovers.collect();
  }
}

interface Bench {
  readonly tickets: Tickets;
  readonly options: AttemptOptions;
  readonly log: Log;
}

/** One job: begin, attempt, end, report. */
async function work(job: JobMessage, { tickets, options, log }: Bench): Promise<void> {
  log.info(`Dequeued job_id: ${job.id}`);
  const began = performance.now();
  current = new Attempt(job, options);
  const outcome = await current.run();
  const { stubborn } = current;
  current = null;
  unsettled.set(job.ticket, job.id);
  tickets.end(job.ticket);
  report.add(job.ticket, outcome, performance.now() - began);
  if (stubborn === null) return;
  report.flush();
  tell({ type: "unusable", why: stubborn });
}

function receive(message: ToConsumer, log: Log): void {
  switch (message.type) {
    case "jobs":
      if (message.soon) inbox.unshift(...message.jobs);
      else inbox.push(...message.jobs);
      return wake();
    case "settled":
      for (const ticket of message.completed) log.info(`Completed job_id: ${unsettled.get(ticket)}`);
      for (const ticket of [...message.completed, ...message.others]) unsettled.delete(ticket);
      return;
    case "cancel":
      if (current?.ticket === message.ticket) current.cancel(message.reason);
      return;
    case "note":
      return log[message.level](message.text);
    case "provoke":
      return message.how === "crash" ? crash() : hang();
    case "close":
      log.close();
      self.close();
  }
}

/** Resolves when there is something in the inbox. */
function arrival(): Promise<void> {
  if (inbox.length > 0) return Promise.resolve();
  return new Promise((resolve) => wake = resolve);
}

/**
 * From this thread and no other: a thread that hangs must fall silent. All threads beat at the same moments of the
 * clock, so that their heartbeats share one transaction: each one holds a lock that somebody's `sqlite3` may want.
 */
function beat(everyMs: number, log: Log): void {
  setTimeout(() => {
    tell({ type: "beat" });
    if (current !== null) log.info("Heartbeat sent");
    beat(everyMs, log);
  }, everyMs - Date.now() % everyMs);
}

function toAttemptOptions(start: StartConsumer, log: Log): AttemptOptions {
  return {
    consumerId: start.consumerId,
    settings: { filesDir: start.filesDir, startDir: start.startDir, workMs: start.workMs },
    handlers: new Handlers(new URL(start.handlers)),
    log: (text) => log.info(text),
  };
}

/** For people who want to see what the system does about it. */
function crash(): never {
  const error = new Error("A person asked this consumer to crash");
  // The runtime prints it: one line is enough for what somebody asked for.
  error.stack = String(error);
  throw error;
}

function hang(): never {
  for (;;);
}
