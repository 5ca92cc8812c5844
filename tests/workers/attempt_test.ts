/** One attempt alone: the test plays the part of its thread. */
import assert from "node:assert/strict";
import { ThreadState } from "../../workers/dispatch/thread_state.ts";
import type { HandlerModule } from "../../workers/handler.ts";
import { Attempt } from "../../workers/thread/attempt.ts";
import { clock } from "../../workers/thread/runtime.ts";

const MESSAGE = { ticket: 1, seq: 1, lease: 1, id: "a", kind: "mail", payload: "null", attempt: 1 };
const SETTINGS = { filesDir: "/files", startDir: "/", workMs: 0, severalHosts: false };

/** Computes past its deadline, which its thread cannot notice meanwhile. */
const LATE: Readonly<Record<string, HandlerModule["handler"]>> = {
  "returns a value": () => compute(),
  "returns a promise": () => Promise.resolve(compute()),
  "fails": () => {
    compute();
    throw new Error("Too late");
  },
};

const DEADLINE_MS = 20;

function compute(): string {
  for (const end = clock.now() + 2 * DEADLINE_MS; clock.now() < end;);
  return "late";
}

/** An attempt whose module arrives when the promise resolves. */
function attemptAt(load: Promise<HandlerModule>): Attempt {
  return new Attempt(MESSAGE, {
    ...{ consumerId: "c", settings: SETTINGS, clock, state: new ThreadState() },
    handlers: { loaded: () => null, load: () => load },
    ...{
      onLoading: () => {},
      onLoaded: () => {},
      onUnloadable: () => {},
      isUsable: () => true,
      log: () => {},
    },
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

for (const [end, handler] of Object.entries(LATE)) {
  Deno.test(`a handler that computes past its deadline and then ${end} has run past its deadline`, async () => {
    const outcome = await attemptAt(Promise.resolve({ handler, deadlineMs: DEADLINE_MS })).run();
    assert.equal(outcome.type, "timed-out");
    assert.equal("error" in outcome && outcome.error, "It ran past its deadline of 0.02 s");
  });
}

Deno.test("an attempt whose handler was not called has no run time, and no report", async () => {
  const broken = attemptAt(Promise.reject(new Error("no dictionary")));
  const { type, ...outcome } = await broken.run();
  assert.equal(type, "retry-later");
  assert.ok(!("report" in outcome));
  assert.equal(broken.ranMs(clock.now()), null);
  const sound = attemptAt(Promise.resolve({ handler: () => {} }));
  await sound.run();
  assert.ok(sound.ranMs(clock.now()) !== null);
});
