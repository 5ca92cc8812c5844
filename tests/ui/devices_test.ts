import assert from "node:assert/strict";
import { Devices } from "../../ui/auth/devices.ts";
import { Password } from "../../ui/auth/password.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { openPages, PASSWORD, type TestPages } from "./open_pages.ts";

const OUTSIDE = "203.0.113.7";

async function tryPassword(pages: TestPages, password: string, cookie = ""): Promise<number> {
  const body = new URLSearchParams({ password });
  const response = await pages.ask("/login", { method: "POST", body, peer: OUTSIDE, headers: { cookie } });
  await response.body?.cancel();
  return response.status;
}

/** What a browser gets with the first page after the login. */
async function deviceCookie(pages: TestPages, session: string): Promise<string | undefined> {
  const page = await pages.ask("/", { headers: { cookie: session } });
  await page.body?.cancel();
  const [cookie, ...more] = page.headers.getSetCookie();
  assert.deepEqual(more, []);
  return cookie;
}

Deno.test("a browser that logged in before gets in while others guess from the same address", async (t) => {
  const now = () => 1_000_000;
  await using pages = await openPages({ now });
  const session = await pages.logIn();
  const [device = "", ...flags] = (await deviceCookie(pages, session))?.split("; ") ?? [];
  await t.step(
    "the first page sets the device cookie, for as long as browsers allow, and later pages do not",
    async () => {
      assert.match(device, /^pq_device_8501=[\w-]{22}\.[\w-]{43}$/);
      assert.deepEqual(flags.sort(), ["HttpOnly", "Max-Age=34560000", "Path=/", "SameSite=Strict"]);
      assert.equal(await deviceCookie(pages, `${session}; ${device}`), undefined);
    },
  );
  await t.step("the device cookie does not replace a session", async () => {
    const response = await pages.ask("/api/stats", { headers: { cookie: device } });
    await response.body?.cancel();
    assert.equal(response.status, 401);
  });
  for (let i = 0; i < 6; i++) await tryPassword(pages, "wrong");
  await t.step("a stranger has to wait, with a made-up device too", async () => {
    assert.equal(await tryPassword(pages, PASSWORD), 429);
    const forged = device.slice(0, -2) + (device.endsWith("AA") ? "BB" : "AA");
    assert.equal(await tryPassword(pages, PASSWORD, forged), 429);
    assert.equal(await tryPassword(pages, PASSWORD, "pq_device_8501=.; pq_device_8501="), 429);
  });
  await t.step("a known device does not have to wait, nor does a valid session", async () => {
    assert.equal(await tryPassword(pages, PASSWORD, device), 303);
    assert.equal(await tryPassword(pages, PASSWORD, session), 303);
  });
  await t.step("a device has to wait after its own wrong passwords", async () => {
    for (let i = 0; i < 4; i++) assert.equal(await tryPassword(pages, "wrong", device), 401);
    assert.equal(await tryPassword(pages, PASSWORD, device), 429);
  });
});

Deno.test("a device is remembered across restarts, but not after a password change", async () => {
  await using folder = await tempFolder();
  const keyFile = folder.file("device-key");
  const onFault = (error: unknown) => assert.fail(String(error));
  const start = (password: string) =>
    new Devices({ password: new Password(password), keyFile, shared: null, onFault });
  const value = start("secret").issue();
  assert.match(start("secret").idOf(value) ?? "", /^[\w-]{22}$/);
  assert.equal(start("changed").idOf(value), null);
  assert.equal(((await Deno.stat(keyFile)).mode ?? 0) & 0o777, 0o600);
});

Deno.test("a truncated key is replaced, and one that cannot be kept is reported", async () => {
  await using folder = await tempFolder();
  const keyFile = folder.file("device-key");
  await Deno.writeTextFile(keyFile, "short", { mode: 0o644 });
  const faults: unknown[] = [];
  const start = (file: string) => {
    const password = new Password("secret");
    return new Devices({ password, keyFile: file, shared: null, onFault: (error) => faults.push(error) });
  };
  assert.notEqual(start(keyFile).idOf(start(keyFile).issue()), null);
  assert.equal(((await Deno.stat(keyFile)).mode ?? 0) & 0o777, 0o600);
  assert.deepEqual(faults, []);
  const devices = start("/nowhere/at/all/device-key");
  assert.notEqual(devices.idOf(devices.issue()), null);
  assert.equal(faults.length, 1);
});
