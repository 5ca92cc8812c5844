import assert from "node:assert/strict";
import { Password } from "../../ui/auth/password.ts";
import { Throttle } from "../../ui/auth/throttle.ts";

function openThrottle(maxRemembered = 10_000) {
  const clock = { now: 1_000_000 };
  const told: string[] = [];
  const onGuesses = (sentence: string) => void told.push(sentence);
  return { clock, told, throttle: new Throttle({ now: () => clock.now, maxRemembered, onGuesses }) };
}

/** Ten guesses a second, from these addresses in turn. Returns how many were let in. */
function guess({ clock, throttle }: ReturnType<typeof openThrottle>, addresses: string[], seconds: number) {
  let admitted = 0;
  for (let n = 0; n < seconds * 10; n++) {
    clock.now += 100;
    if (throttle.admit(addresses[n % addresses.length] ?? "") === 0) admitted++;
  }
  return admitted;
}

const many = (n: number, address: (i: number) => string) => Array.from({ length: n }, (_, i) => address(i));

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

Deno.test("a right password costs nothing, and forgives no other client at the same address", () => {
  const { throttle } = openThrottle();
  for (let i = 0; i < 3; i++) throttle.admit("10.0.0.1");
  for (let i = 0; i < 20; i++) {
    assert.equal(throttle.admit("10.0.0.1"), 0, "an honest login");
    throttle.takeBack("10.0.0.1");
  }
  assert.equal(throttle.admit("10.0.0.1"), 0);
  assert.equal(throttle.admit("10.0.0.1"), 1000, "three failures before, and one more");
});

Deno.test("an attempt that was not tried leaves the wait as it was", () => {
  const { clock, throttle } = openThrottle();
  for (let i = 0; i < 6; i++, clock.now += 4000) assert.equal(throttle.admit("10.0.0.1"), 0);
  assert.equal(throttle.admit("10.0.0.1"), 0);
  throttle.takeBack("10.0.0.1");
  assert.equal(throttle.admit("10.0.0.1"), 0);
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

Deno.test("thousands of addresses of one network are slowed down together", () => {
  const networks = {
    "an IPv4 /24": many(250, (i) => `203.0.113.${i}`),
    "an IPv4 /16": many(1100, (i) => `203.0.${i % 250}.${Math.floor(i / 250)}`),
    "an IPv6 /56": many(256, (i) => `2001:db8:1:${(0x200 + i).toString(16)}::1`),
    "an IPv6 /48": many(1100, (i) => `2001:db8:1:${i.toString(16)}::1`),
    "an IPv6 /32": many(1100, (i) => `2001:db8:${i.toString(16)}::1`),
    "a mapped IPv4 /24": many(250, (i) => `::ffff:203.0.113.${i}`),
  };
  for (const [name, addresses] of Object.entries(networks)) {
    const admitted = guess(openThrottle(), addresses, 3600);
    assert.ok(admitted < 900, `${name}: ${admitted} of 36,000 guesses were let in`);
  }
});

Deno.test("guesses from all over the world share one budget", () => {
  const world = many(50_000, (i) => `${1 + i % 100}.${Math.floor(i / 200) % 250}.${i % 250}.7`);
  const admitted = guess(openThrottle(), world, 3600);
  assert.ok(admitted <= 3600 + 1500 + 10, `${admitted} of 36,000 guesses were let in`);
});

Deno.test("while sixty networks guess, a person from another one gets in", () => {
  for (
    const [who, ...guessers] of [
      ["2001:db8:1:ffff::1", ...many(60, (i) => `2001:db8:${i.toString(16)}::1`)],
      ["2001:db8:1:ff::1", ...many(60, (i) => `2001:db8:1:${i.toString(16)}::1`)],
      ["198.51.100.7", ...many(60, (i) => `203.0.${i}.9`)],
      ["203.0.113.7", ...many(60, (i) => `203.0.113.${100 + i}`)],
      ["127.0.0.99", ...many(60, (i) => `127.0.${i}.9`)],
    ]
  ) {
    const open = openThrottle();
    guess(open, guessers, 600);
    assert.equal(open.throttle.admit(who ?? ""), 0, who);
  }
});

Deno.test("a browser that logged in before waits for its own failures and for no others", () => {
  const open = openThrottle();
  const { throttle, clock } = open;
  const known = { address: "203.0.113.7", device: "ann's" };
  guess(open, ["203.0.113.7"], 60);
  assert.ok(throttle.admit("203.0.113.7") > 0);
  for (let i = 0; i < 4; i++) assert.equal(throttle.admit(known), 0);
  assert.equal(throttle.admit(known), 1000, "its own guesses are slowed down too");
  assert.equal(throttle.admit({ ...known, device: "ben's" }), 0);
  clock.now += 1000;
  assert.equal(throttle.admit(known), 0);
});

Deno.test("an address claimed by an untrusted proxy divides its guesses, and is no way around", async (t) => {
  const forwarded = (claimedAddress: string) => ({ address: "127.0.0.1", claimedAddress });
  await t.step("a guesser behind the proxy locks out no other client behind it", () => {
    const { throttle, clock } = openThrottle();
    for (let i = 0; i < 600; i++, clock.now += 100) throttle.admit(forwarded("203.0.113.66"));
    assert.ok(throttle.admit(forwarded("203.0.113.66")) > 0);
    assert.equal(throttle.admit(forwarded("198.51.100.7")), 0);
    assert.equal(throttle.admit("127.0.0.1"), 0, "nor a person at the machine itself");
  });
  await t.step("another claim with each guess is slowed down as well", () => {
    const { throttle, clock, told } = openThrottle();
    let admitted = 0;
    for (let i = 0; i < 36_000; i++, clock.now += 100) {
      if (throttle.admit(forwarded(`203.0.${i % 250}.${Math.floor(i / 250)}`)) === 0) admitted++;
    }
    assert.ok(admitted < 60, `${admitted} of 36,000 guesses were let in`);
    assert.match(told[0] ?? "", /^Wrong passwords or tokens from whatever 127\.0\.0\.1 forwards, /);
    assert.equal(throttle.admit("127.0.0.1"), 0, "the machine itself gets in");
  });
});

Deno.test("many addresses of this machine itself are slowed down like any others", () => {
  const admitted = guess(openThrottle(), many(250, (i) => `127.0.0.${i + 1}`), 3600);
  assert.ok(admitted < 300, `${admitted} of 36,000 guesses were let in`);
});

Deno.test("the machine itself gets in, whatever others do", () => {
  const open = openThrottle();
  guess(open, many(5_000, (i) => `${1 + i % 100}.${i % 250}.3.7`), 600);
  assert.equal(open.throttle.admit("127.0.0.1"), 0);
  assert.equal(open.throttle.admit("::1"), 0);
});

Deno.test("one failure is forgotten in each quarter of an hour without another", () => {
  const { clock, throttle } = openThrottle();
  for (let i = 0; i < 4; i++) throttle.admit("10.0.0.1");
  clock.now += 900_000;
  assert.equal(throttle.failuresOf("10.0.0.1"), 3);
  clock.now += 3 * 900_000;
  assert.equal(throttle.failuresOf("10.0.0.1"), 0);
});

Deno.test("a guess is expensive by default: it takes at least a twentieth of a second", async () => {
  const password = new Password("secret");
  assert.equal(await password.matches("secret"), true);
  const since = performance.now();
  assert.equal(await password.matches("guess"), false);
  assert.ok(performance.now() - since >= 50);
});
