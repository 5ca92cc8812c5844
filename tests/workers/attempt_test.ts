/** One attempt alone: the test plays the part of its thread. */
import assert from "node:assert/strict";
import { ThreadState } from "../../workers/dispatch/thread_state.ts";
import type { HandlerModule } from "../../workers/handler.ts";
import { Attempt } from "../../workers/thread/attempt.ts";
import { clock } from "../../workers/thread/runtime.ts";

const MESSAGE = { ticket: 1, seq: 1, lease: 1, id: "a", kind: "mail", payload: "null", attempt: 1 };
const SETTINGS = { filesDir: "/files", startDir: "/", workMs: 0, severalHosts: false };

/** An attempt whose module arrives when the promise resolves. */
function attemptAt(load: Promise<HandlerModule>): Attempt {
  return new Attempt(MESSAGE, {
    ...{ consumerId: "c", settings: SETTINGS, clock, state: new ThreadState() },
    handlers: { loaded: () => null, load: () => load },
    ...{ onLoaded: () => {}, log: () => {} },
  });
}

Deno.test("a job that is canceled while the module of its handler loads does not run its handler", async () => {
  const module = Promise.withResolvers<HandlerModule>();
  const attempt = attemptAt(module.promise);
  const outcome = attempt.run();
  attempt.cancel("canceled");
  let hasRun = false;
  module.resolve({ handler: () => hasRun = true });
  const { type } = await outcome;
  assert.deepEqual({ type, hasRun }, { type: "threw", hasRun: false });
});
