/// <reference lib="deno.worker" />
/** The entry point of a consumer's thread: the loop, with this thread's channel, clock, log and guards. */
import { makeConsoleUnfailing } from "@persistent-queue/queue/basics";
import { Handlers } from "./handlers.ts";
import { openLog } from "./log.ts";
import type { StartConsumer, ToConsumer } from "./protocol.ts";
import { ThreadState } from "./dispatch/thread_state.ts";
import { Tickets } from "./dispatch/tickets.ts";
import { openChannel } from "./thread/runtime.ts";
import { ConsumerLoop } from "./thread/consumer_loop.ts";
import { fence } from "./thread/fences.ts";
import { holdLivenessLock } from "./thread/runtime.ts";
import { Memory } from "./thread/memory.ts";
import { Owners } from "./thread/owners.ts";
import { makeOutputUnfailing } from "./thread/unfailing_output.ts";
import { clock } from "./thread/runtime.ts";
import { Tidiness } from "./thread/tidiness.ts";

const { start, tell, listen } = await openChannel<StartConsumer, ToConsumer>();

const memory = new Memory(start.memoryMb);
const state = new ThreadState(start.state);
// Kept here because a fence replaces the global one.
const close = globalThis.close.bind(globalThis);
makeConsoleUnfailing();
makeOutputUnfailing();
await holdLivenessLock();
const log = openLog(start.log);
const owners = new Owners({
  state,
  onFault: (words, owner) => loop.handleUncaught(words, owner),
  onLeftover: (owner) => loop.tellLeftover(owner),
});
fence();
const tidiness = new Tidiness({
  onChange: (text) => loop.warn(text),
  onStuck: (why) => loop.retireAfterJob(why),
});
const loop = new ConsumerLoop({
  ...{ start, state, clock, log, tell, close, hang },
  tickets: new Tickets(start.tickets),
  handlers: new Handlers(new URL(start.handlers)),
  guards: { owners, tidiness, memory },
});
listen(loop.receive);
await loop.run();

function hang(): never {
  for (;;);
}
