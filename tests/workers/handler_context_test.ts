import assert from "node:assert/strict";
import { ThreadState } from "../../workers/dispatch/thread_state.ts";
import type { Handler, HandlerContext } from "../../workers/handler.ts";
import { Attempt } from "../../workers/thread/attempt.ts";
import { clock } from "../../workers/thread/runtime.ts";

const MESSAGE = { ticket: 1, seq: 1, lease: 1, id: "a", kind: "mail", payload: "null", attempt: 2 };
const SETTINGS = { filesDir: "/files", startDir: "/", workMs: 0, severalHosts: false };

function attemptWith(handler: Handler): Attempt {
  return new Attempt(MESSAGE, {
    ...{ consumerId: "c", settings: SETTINGS, clock, state: new ThreadState() },
    handlers: { loaded: () => ({ handler }), load: () => Promise.reject(new Error("It is loaded")) },
    ...{
      onLoading: () => {},
      onLoaded: () => {},
      onUnloadable: () => {},
      isUsable: () => true,
      log: () => {},
    },
  });
}

/** How a team may pass its context on, with something added. */
const FORMS: Record<string, (context: HandlerContext) => HandlerContext> = {
  "as it is": (context) => context,
  "spread into another object": (context) => ({ ...context }),
  "the prototype of another object": (context) => Object.create(context),
  "behind a proxy": (context) => new Proxy(context, {}),
};

for (const [form, formOf] of Object.entries(FORMS)) {
  Deno.test(`a cancel reaches the signal of a context that is ${form}`, async () => {
    let attempt: Attempt | null = null;
    attempt = attemptWith((_, context) => {
      const { signal, attempt: number, settings } = formOf(context);
      assert.ok(!signal.aborted && number === 2 && settings === SETTINGS);
      attempt?.cancel("canceled");
      return signal.aborted && signal === context.signal;
    });
    assert.deepEqual(await attempt.run(), { type: "returned", result: "true" });
  });
}

Deno.test("two attempts have two signals", async () => {
  const signals = new Set<AbortSignal>();
  const handler: Handler = (_, { signal }) => void signals.add(signal);
  await attemptWith(handler).run();
  await attemptWith(handler).run();
  assert.equal(signals.size, 2);
});
