import assert from "node:assert/strict";
import { Throttle } from "../../ui/throttle.ts";

function openThrottle(maxAddresses = 1000) {
  const clock = { now: 1_000_000 };
  return { clock, throttle: new Throttle({ now: () => clock.now, maxAddresses }) };
}

Deno.test("the delay doubles from one second to fifteen minutes, and never becomes a lockout", () => {
  const { clock, throttle } = openThrottle();
  for (let i = 0; i < 4; i++) assert.equal(throttle.admit("10.0.0.1"), 0);
  const delays: number[] = [];
  for (let i = 0; i < 12; i++) {
    const waitMs = throttle.admit("10.0.0.1");
    delays.push(waitMs / 1000);
    clock.now += waitMs;
    assert.equal(throttle.admit("10.0.0.1"), 0);
  }
  assert.deepEqual(delays, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
});

Deno.test("attempts during the wait do not lengthen it", () => {
  const { clock, throttle } = openThrottle();
  for (let i = 0; i < 4; i++) throttle.admit("10.0.0.1");
  for (let i = 0; i < 100; i++) assert.equal(throttle.admit("10.0.0.1"), 1000);
  clock.now += 1000;
  assert.equal(throttle.admit("10.0.0.1"), 0);
});

Deno.test("a right password wipes the slate clean", () => {
  const { throttle } = openThrottle();
  for (let i = 0; i < 4; i++) throttle.admit("10.0.0.1");
  throttle.forgive("10.0.0.1");
  for (let i = 0; i < 4; i++) assert.equal(throttle.admit("10.0.0.1"), 0);
});

Deno.test("the addresses of one IPv6 network count together", () => {
  const { throttle } = openThrottle();
  for (let i = 1; i <= 4; i++) assert.equal(throttle.admit(`2001:db8:1:2::${i}`), 0);
  assert.ok(throttle.admit("2001:db8:1:2:ffff::1") > 0);
  assert.equal(throttle.admit("2001:db8:1:3::1"), 0);
});

Deno.test("only so many addresses are remembered", () => {
  const { throttle } = openThrottle(10);
  for (let i = 0; i < 4; i++) throttle.admit("10.0.0.1");
  assert.ok(throttle.admit("10.0.0.1") > 0);
  for (let i = 0; i < 10; i++) throttle.admit(`10.0.1.${i}`);
  assert.equal(throttle.admit("10.0.0.1"), 0, "the oldest was forgotten");
});

Deno.test("a clock that was set back lengthens no wait", () => {
  const { clock, throttle } = openThrottle();
  for (let i = 0; i < 4; i++) throttle.admit("10.0.0.1");
  clock.now -= 86_400_000;
  assert.equal(throttle.admit("10.0.0.1"), 0);
});
