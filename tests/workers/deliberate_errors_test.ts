/** The errors that a handler throws on purpose, as the system recognizes them. */
import assert from "node:assert/strict";
import { GiveUp, RetryLater } from "@persistent-queue/workers";
import { kindOf } from "../../workers/thread/failure_kind.ts";

class BadAddress extends GiveUp {
  override readonly name = "BadAddress";
}

class Busy extends RetryLater {
  override readonly name = "Busy";
}

/** Another copy of the class, such as that of the handlers' project. */
class Copy extends Error {
  constructor(override readonly name: string, readonly delayMs?: number) {
    super("no use");
  }
}

Deno.test("a subclass of GiveUp with its own name gives up", () => {
  assert.deepEqual(kindOf(new BadAddress("no such street")), { type: "gave-up" });
});

Deno.test("a subclass of RetryLater with its own name asks to be called later", () => {
  assert.deepEqual(kindOf(new Busy(5_000)), { type: "retry-later", delayMs: 5_000 });
});

Deno.test("an error of another copy of the classes is told by its name", () => {
  assert.deepEqual(kindOf(new Copy("GiveUp")), { type: "gave-up" });
  assert.deepEqual(kindOf(new Copy("RetryLater", 7)), { type: "retry-later", delayMs: 7 });
  assert.deepEqual(kindOf(new Copy("Error")), { type: "threw" });
});

Deno.test("an error of the class is not one of its subclass", () => {
  assert.ok(!(new GiveUp("no use") instanceof BadAddress));
  assert.ok(!(new Copy("GiveUp") instanceof BadAddress));
  assert.ok(!(new BadAddress("no use") instanceof RetryLater));
});

Deno.test("a proxy whose class cannot be read is no deliberate error", () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  assert.ok(!(proxy instanceof GiveUp) && !(proxy instanceof RetryLater));
});
