/// <reference lib="deno.worker" />
/**
 * A consumer's life, in its own thread: it receives jobs, runs them one after the other, and reports how each
 * ended.
 * It never sees the database. The supervisor gives it a lease with each job, makes its results durable, and
 * takes back what it has not begun.
 */
import { makeConsoleUnfailing } from "@persistent-queue/queue/text";
import { Attempt, type AttemptOptions } from "./thread/attempt.ts";
import { Handlers } from "./handlers.ts";
import { Heap } from "./thread/heap.ts";
import { holdLivenessLock } from "./thread/liveness_lock.ts";
import { type Log, openLog } from "./log.ts";
import type { JobMessage, StartConsumer, ToConsumer } from "./protocol.ts";
import { openChannel } from "./thread/channel.ts";
import { fence } from "./thread/fences.ts";
import { Memory } from "./thread/memory.ts";
import { nameOf, type Owner, Owners } from "./thread/owners.ts";
import { Report } from "./thread/report.ts";
import { clock, wallNow } from "./thread/runtime.ts";
import { Tidiness } from "./thread/tidiness.ts";
import { ThreadState } from "./dispatch/thread_state.ts";
import { Tickets } from "./dispatch/tickets.ts";

/** This many failures after their job has ended are tolerated before the thread is replaced. */
const MOST_LATE_FAULTS = 20;

const { start, tell, listen } = await openChannel<StartConsumer, ToConsumer>();

const inbox: JobMessage[] = [];
/** Ended jobs whose outcome is not durable yet, by ticket. */
const unsettled = new Map<number, string>();
const report = new Report(tell, clock);
const heap = new Heap();
const memory = new Memory(start.memoryMb);
const state = new ThreadState(start.state);
const close = globalThis.close.bind(globalThis);
let current: { readonly attempt: Attempt; readonly owner: Owner } | null = null;
/** Why this thread begins no more jobs. */
let unusable: string | null = null;
/** Why it must be replaced before it begins the next job. */
let untidy: string | null = null;
let lateFaults = 0;
let hasDoneJobs = false;
let wake = () => {};

makeConsoleUnfailing();
await holdLivenessLock();
const log = openLog(start.log);
const owners = new Owners({ state, onFault: suffer, onLeftover: (owner) => tellLeftover(owner) });
fence();
const tidiness = new Tidiness({ onChange: warn, onStuck: (why) => untidy = why });
listen((messages) => {
  for (const message of messages) receive(message, log);
});
tell({ type: "ready" });
beat();
await live({ tickets: new Tickets(start.tickets), options: toAttemptOptions() });

interface WorkContext {
  readonly tickets: Tickets;
  readonly options: AttemptOptions;
}

async function live(context: WorkContext): Promise<void> {
  while (unusable === null) {
    await arrival();
    for (let job = inbox.shift(); job !== undefined && unusable === null; job = inbox.shift()) {
      tidiness.prepareFor(job.kind);
      if (untidy !== null) retire(untidy, null);
      if (unusable !== null || !context.tickets.begin(job.ticket)) continue;
      await work(job, context);
      heap.add();
    }
    report.flush();
    heap.collect();
  }
}

/** One job: begin, attempt, end, report. */
async function work(job: JobMessage, { tickets, options }: WorkContext): Promise<void> {
  log.info(`Dequeued job_id: ${job.id}`);
  const began = clock.now();
  const attempt = new Attempt(job, options);
  const owner: Owner = { ticket: job.ticket, id: job.id, kind: job.kind, hasEnded: false };
  current = { attempt, owner };
  const outcome = await owners.run(owner, () => attempt.run());
  const ended = clock.now();
  // Before anything else.
  tidiness.lookAfter(owner, { began, ended });
  owner.hasEnded = true;
  current = null;
  hasDoneJobs = true;
  unsettled.set(job.ticket, job.id);
  tickets.end(job.ticket);
  report.add(job.ticket, outcome, ended - began);
  if (attempt.stubborn !== null) retire(attempt.stubborn, null);
  if (untidy !== null) retire(untidy, null);
}

/** What a module changes while it loads is visible to the jobs of its kind only. */
function adopt(kind: string): void {
  const names = tidiness.adopt(kind);
  if (names.length === 0) return;
  log.info(`The handler of kind ${kind} changes ${names.join(", ")}: only its own jobs see that`);
}

/** For the system's log. */
function warn(text: string): void {
  tell({ type: "warning", text });
}

/** The thread is of no more use. Its current job goes to another consumer, and is charged if it is guilty. */
function retire(why: string, guilty: number | null): void {
  if (unusable !== null) return;
  unusable = why;
  report.flush();
  tell({ type: "unusable", why, guilty });
}

/** An error was thrown that nothing catches. In a thread that has run only one job, that job must have caused it. */
function suffer(words: string, owner: Owner | undefined): void {
  if (owner === undefined) return retire(words, hasDoneJobs ? null : current?.owner.ticket ?? null);
  if (!owner.hasEnded) return retire(words, owner.ticket);
  warn(`Left behind by ${nameOf(owner)}, which has ended: ${words}`);
  lateFaults += 1;
  if (lateFaults > MOST_LATE_FAULTS && current === null) {
    retire("Jobs that had ended went on failing in it", null);
  }
}

function tellLeftover(owner: Owner): void {
  tell({ type: "leftover", text: `code that ${nameOf(owner)} had left behind` });
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
      tell({ type: "told", ticket: message.ticket });
      if (current?.owner.ticket === message.ticket) current.attempt.cancel(message.reason);
      return;
    case "note":
      return log[message.level](message.text);
    case "fault":
      return message.how === "crash"
        ? retire("A person asked this consumer to crash", current?.owner.ticket ?? null)
        : hang();
    case "close":
      log.close();
      close();
  }
}

/** Resolves when there is something in the inbox. */
function arrival(): Promise<void> {
  if (inbox.length > 0) return Promise.resolve();
  return new Promise((resolve) => wake = resolve);
}

/**
 * Called from this thread and no other: a thread that hangs must fall silent. All threads beat at the same
 * moments of the clock, so that their heartbeats share one transaction: each takes a lock that a user's
 * `sqlite3` may want.
 */
function beat(): void {
  const { heartbeatMs } = start;
  clock.after(heartbeatMs - wallNow() % heartbeatMs, () => {
    const { takenMb, problem } = memory.look();
    state.memoryMb = takenMb;
    if (problem !== null) return retire(problem, current?.owner.ticket ?? null);
    tell({ type: "beat" });
    if (current !== null) log.info("Heartbeat sent");
    beat();
  });
}

function toAttemptOptions(): AttemptOptions {
  return {
    consumerId: start.consumerId,
    settings: Object.freeze({ filesDir: start.filesDir, startDir: start.startDir, workMs: start.workMs }),
    handlers: new Handlers(new URL(start.handlers)),
    clock,
    state,
    onLoaded: adopt,
    log: (text) => log.info(text),
  };
}

/** Lets operators see how the system handles a hang. */
function hang(): never {
  for (;;);
}
