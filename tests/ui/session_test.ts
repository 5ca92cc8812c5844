import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { Password } from "../../ui/auth/password.ts";
import { inMemoryOnly, Sessions } from "../../ui/auth/session.ts";

const MINUTE = 60_000;

function openSessions() {
  const clock = { now: 1_000_000 };
  const password = new Password("secret");
  return { clock, sessions: new Sessions({ now: () => clock.now, password, keeper: inMemoryOnly }) };
}

Deno.test("a session ends after 30 idle minutes, and checking whether it lives is no sign of life", async () => {
  const { clock, sessions } = openSessions();
  const token = await sessions.open();
  clock.now += 29 * MINUTE;
  assert.equal(sessions.visit(token), true);
  clock.now += 29 * MINUTE;
  assert.equal(sessions.lives(token), true);
  clock.now += MINUTE;
  assert.equal(sessions.lives(token), false);
  assert.equal(sessions.visit(token), false);
});

Deno.test("a session ends after 8 hours, however busy it is", async () => {
  const { clock, sessions } = openSessions();
  const token = await sessions.open();
  for (let minutes = 20; minutes < 480; minutes += 20) {
    clock.now += 20 * MINUTE;
    assert.equal(sessions.visit(token), true, `${minutes} minutes`);
  }
  clock.now += 20 * MINUTE;
  assert.equal(sessions.visit(token), false);
});

Deno.test("each token is new, 32 random bytes, and worth nothing once it is ended", async () => {
  const { sessions } = openSessions();
  const tokens = await Promise.all(Array.from({ length: 100 }, () => sessions.open()));
  assert.equal(new Set(tokens).size, 100);
  for (const token of tokens) assert.equal(Buffer.from(token, "base64url").length, 32);
  sessions.end(tokens[0] ?? "");
  assert.deepEqual([sessions.visit(tokens[0] ?? ""), sessions.visit(tokens[1] ?? "")], [false, true]);
});

Deno.test("only so many sessions are kept: the oldest gives way", async () => {
  const { sessions } = openSessions();
  const first = await sessions.open();
  for (let i = 0; i < 999; i++) await sessions.open();
  assert.equal(sessions.visit(first), true);
  await sessions.open();
  assert.equal(sessions.visit(first), false);
});
