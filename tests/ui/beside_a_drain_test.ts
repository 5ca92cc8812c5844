/** A page that is asked for while transactions follow each other without a pause on the same thread. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { serve } from "@persistent-queue/ui";
import { GroupCommit } from "../../queue/sqlite/group_commit.ts";
import { openPages } from "./open_pages.ts";
import { sqliteTest } from "../support/backend.ts";

const PAGES = 21;
const CLIENTS = 20;

/** Asks for a page again and again, from a thread of its own, and tells how far a shared count came each time. */
const READER = `self.onmessage = async ({ data: { url, headers, count, pages } }) => {
  const shared = new Int32Array(count);
  const passed = [];
  for (let n = 0; n < pages; n++) {
    const before = Atomics.load(shared, 0);
    const response = await fetch(url, { headers });
    await response.text();
    if (response.status !== 200) throw new Error(String(response.status));
    passed.push(Atomics.load(shared, 0) - before);
  }
  self.postMessage(passed);
};`;

/** Writes that take half a millisecond each, from many, without a pause. Counts the transactions. */
function drain(count: Int32Array) {
  const db = new DatabaseSync(":memory:");
  const commits = new GroupCommit(db, { onFull: () => {}, makeRoom: () => false, onFault: () => {} });
  let [isOver, isCounted] = [false, false];
  const work = () => {
    for (const since = performance.now(); performance.now() < since + 0.5;);
    isCounted = false;
  };
  const client = async () => {
    while (!isOver) {
      await commits.write(work);
      if (!isCounted) Atomics.add(count, 0, 1);
      isCounted = true;
    }
  };
  const clients = Array.from({ length: CLIENTS }, client);
  return {
    async [Symbol.asyncDispose]() {
      isOver = true;
      await Promise.all(clients);
      commits.close();
      db.close();
    },
  };
}

sqliteTest("a page that took half a second during a drain waits for a few transactions only", async () => {
  await using pages = await openPages();
  const served = serve({ app: pages.manager, hostname: "127.0.0.1", port: 0, setting: "MANAGER_PORT" });
  await served.ready;
  const headers = { cookie: await pages.logIn() };
  const reader = new Worker(`data:text/javascript,${encodeURIComponent(READER)}`, { type: "module" });
  const { promise: passed, resolve } = Promise.withResolvers<number[]>();
  reader.onmessage = ({ data }) => resolve(data);
  try {
    const count = new SharedArrayBuffer(4);
    await using _ = drain(new Int32Array(count));
    reader.postMessage({ url: `${served.url}/`, headers, count, pages: PAGES });
    const sorted = (await passed).toSorted((a, b) => a - b);
    const median = sorted[PAGES >> 1] ?? Infinity;
    assert.ok(median <= 12, `a page waits for ${median} transactions: ${sorted}`);
  } finally {
    reader.terminate();
    await served.close();
  }
});
