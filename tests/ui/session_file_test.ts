import assert from "node:assert/strict";
import { Sessions } from "../../ui/auth/session.ts";
import { FileSessions, type FileSessionsOptions, sessionFile } from "../../ui/auth/session_file.ts";
import type { Session } from "../../ui/auth/session_table.ts";
import { Password } from "../../ui/auth/password.ts";
import { sqliteTest } from "../support/backend.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { openPages } from "./open_pages.ts";

const MINUTE = 60_000;

/** What a process does at its start. */
async function begin(
  path: string,
  clock: { now: number },
  { password: text = "secret", onFault = (error) => assert.fail(String(error)) }:
    & Partial<Pick<FileSessionsOptions, "onFault">>
    & { readonly password?: string } = {},
): Promise<Sessions> {
  const password = new Password(text);
  const given = { file: sessionFile(path), password, onFault };
  const sessions = new Sessions({
    ...{ now: () => clock.now, password },
    keeper: (table) => new FileSessions(table, given),
  });
  await sessions.ready;
  return sessions;
}

sqliteTest("a restart ends no session", async () => {
  await using folder = await tempFolder();
  const path = folder.file("sessions.json");
  await using before = await openPages({ sessionFile: path });
  const cookie = await before.logIn();
  before.manager.close();
  await using after = await openPages({ sessionFile: path });
  const response = await after.ask("/api/stats", { headers: { cookie } });
  await response.body?.cancel();
  assert.equal(response.status, 200);
  // Ops reads the same file here, and responds when it has.
  await (await after.askOps("/metrics")).body?.cancel();
});

Deno.test("a login outlives a crash in the very next moment, and a logout does too", async () => {
  await using folder = await tempFolder();
  const path = folder.file("sessions.json");
  const clock = { now: 1_000_000 };
  const sessions = await begin(path, clock);
  const [stays, goes] = [await sessions.open(), await sessions.open()];
  sessions.end(goes);
  const next = await begin(path, clock);
  assert.deepEqual([next.lives(stays), next.lives(goes)], [true, false]);
});

Deno.test("a visit is saved when the process ends, and the idle time continues across a restart", async () => {
  await using folder = await tempFolder();
  const path = folder.file("sessions.json");
  const clock = { now: 1_000_000 };
  const sessions = await begin(path, clock);
  const token = await sessions.open();
  clock.now += 20 * MINUTE;
  sessions.visit(token);
  sessions.close();
  clock.now += 20 * MINUTE;
  assert.equal((await begin(path, clock)).lives(token), true);
  clock.now += 10 * MINUTE;
  assert.equal((await begin(path, clock)).lives(token), false);
});

Deno.test("a new password ends every earlier session, and going back to the first brings none back", async () => {
  await using folder = await tempFolder();
  const path = folder.file("sessions.json");
  const clock = { now: 1_000_000 };
  const token = await (await begin(path, clock)).open();
  assert.equal((await begin(path, clock)).lives(token), true);
  assert.equal((await begin(path, clock, { password: "changed" })).lives(token), false);
  assert.equal((await begin(path, clock)).lives(token), false);
});

Deno.test("the file holds no token, and only its owner may read it, whatever was there before", async () => {
  await using folder = await tempFolder();
  const path = folder.file("sessions.json");
  await Deno.writeTextFile(`${path}.next`, "left behind", { mode: 0o666 });
  const token = await (await begin(path, { now: 1_000_000 })).open();
  assert.ok(!(await Deno.readTextFile(path)).includes(token));
  assert.equal(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o600);
});

Deno.test("a file that is broken, foreign, from the future or missing means that no session is left", async () => {
  await using folder = await tempFolder();
  const path = folder.file("sessions.json");
  const future: [string, Session][] = [["hash", { openedAt: 9e15, seenAt: 9e15 }]];
  const { verifier } = sessionFile(path).load();
  assert.equal(verifier, "");
  const right = await new Password("secret").verifier();
  const texts = [
    "",
    "{",
    "[[1,2]]",
    '{"a":1}',
    "null",
    '{"verifier":1,"sessions":[]}',
    JSON.stringify(future),
  ];
  const entries = [future, [["h", { openedAt: "x", seenAt: 1 }]], [[1, 2]], {}, null];
  for (
    const text of [
      ...texts,
      ...entries.map((sessions) => JSON.stringify({ verifier: right, sessions })),
    ]
  ) {
    await Deno.writeTextFile(path, text);
    const sessions = await begin(path, { now: 1_000_000 });
    assert.equal(sessions.lives(await sessions.open()), true, text);
    assert.equal(sessionFile(path).load().sessions.size, 1, text);
  }
});

Deno.test("a file that cannot be written is reported, and people can still log in", async () => {
  const faults: unknown[] = [];
  const sessions = await begin("/nowhere/at/all/sessions.json", { now: 1_000_000 }, {
    onFault: (error) => faults.push(error),
  });
  assert.equal(sessions.visit(await sessions.open()), true);
  sessions.close();
  assert.equal(faults.length, 2);
});
