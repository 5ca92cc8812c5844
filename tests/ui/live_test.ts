import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { CONSUMER, OPEN_OPS, openPages, type TestPages } from "./open_pages.ts";

interface Stream extends AsyncDisposable {
  /** The next event, or null at the end. */
  next(): Promise<{ event: string; data: ReturnType<typeof JSON.parse> } | null>;
}

function streamOf(response: Response): Stream {
  assert.equal(response.status, 200);
  assert.match(response.headers.get("content-type") ?? "", /^text\/event-stream/);
  assert.ok(response.body);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  return {
    async next() {
      const { done, value } = await reader.read();
      if (done) return null;
      const [, event, data] = /^event: (\w+)\ndata: (.*)\n\n$/.exec(value) ?? [];
      return { event: event ?? "", data: JSON.parse(data ?? "null") };
    },
    [Symbol.asyncDispose]: () => reader.cancel(),
  };
}

async function watchManager(pages: TestPages, cookie: string): Promise<Stream> {
  return streamOf(await pages.ask("/events", { headers: { cookie } }));
}

Deno.test("Ops gets a snapshot at once, when something changes, and otherwise every second: ages move", async () => {
  await using pages = await openPages(OPEN_OPS);
  await using stream = streamOf(await pages.askOps("/events"));
  const first = await stream.next();
  assert.equal(first?.event, "snapshot");
  assert.equal(first?.data.stats.counts.PENDING, 0);
  assert.equal(first?.data.system.consumers[0].id, CONSUMER.id);
  const before = performance.now();
  const second = await stream.next();
  const took = performance.now() - before;
  assert.ok(took > 700 && took < 3000, `${took} ms`);
  await pages.queue.add([{ id: "a", kind: "mail" }]);
  const third = await stream.next();
  assert.equal(third?.data.stats.counts.PENDING, 1);
  assert.ok(third?.data.stats.revision > second?.data.stats.revision);
});

Deno.test("a snapshot is computed once, however many readers there are", async () => {
  await using pages = await openPages(OPEN_OPS);
  let computed = 0;
  const { stats } = pages.queue;
  Object.assign(pages.queue, { stats: () => (computed++, stats.call(pages.queue)) });
  await using first = streamOf(await pages.askOps("/events"));
  await using second = streamOf(await pages.askOps("/events"));
  await using third = streamOf(await pages.askOps("/events"));
  await Promise.all([first.next(), second.next(), third.next()]);
  assert.equal(computed, 1);
});

Deno.test("the Manager is notified of changes, and its stream ends with the session", async () => {
  await using pages = await openPages();
  const cookie = await pages.logIn();
  await using stream = await watchManager(pages, cookie);
  const first = await stream.next();
  assert.equal(first?.event, "change");
  assert.equal(first?.data.revision, pages.queue.revision);
  await pages.queue.add([{ id: "a", kind: "mail" }]);
  const second = await stream.next();
  assert.equal(second?.data.stats.counts.PENDING, 1);
  await (await pages.ask("/logout", { method: "POST", headers: { cookie } })).body?.cancel();
  await pages.queue.add([{ id: "b", kind: "mail" }]);
  assert.equal(await stream.next(), null);
});

Deno.test("close ends all streams, and none begins afterwards", async () => {
  await using pages = await openPages(OPEN_OPS);
  await using stream = streamOf(await pages.askOps("/events"));
  await stream.next();
  pages.ops.close();
  assert.equal(await stream.next(), null);
  await using late = streamOf(await pages.askOps("/events"));
  assert.equal(await late.next(), null);
});

Deno.test("a server with an open stream can shut down once the streams are closed", async () => {
  await using pages = await openPages(OPEN_OPS);
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, pages.ops.fetch);
  await using stream = streamOf(await fetch(`http://127.0.0.1:${server.addr.port}/events`));
  assert.equal((await stream.next())?.event, "snapshot");
  pages.ops.close();
  await server.shutdown();
  assert.equal(await stream.next(), null);
});

Deno.test("a reader whose connection breaks gives its place back", async () => {
  await using pages = await openPages(OPEN_OPS);
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, pages.ops.fetch);
  for (let round = 0; round < 60; round++) {
    const response = await eventually("a place", async () => {
      const response = await fetch(`http://127.0.0.1:${server.addr.port}/events`);
      if (response.status === 200) return response;
      await response.body?.cancel();
    });
    await response.body?.cancel();
  }
  pages.ops.close();
  await server.shutdown();
});

Deno.test("25 streams are served, the next is refused, and a closed stream makes room again", async () => {
  await using pages = await openPages(OPEN_OPS);
  const answers = await Promise.all(Array.from({ length: 25 }, () => pages.askOps("/events")));
  const streams = answers.map(streamOf);
  const refused = await pages.askOps("/events");
  assert.equal(refused.status, 503);
  assert.equal((await refused.json()).error.code, "too_many_streams");
  await streams.pop()?.[Symbol.asyncDispose]();
  const again = await eventually("a place is free", async () => {
    const response = await pages.askOps("/events");
    if (response.status === 200) return response;
    await response.body?.cancel();
  });
  for (const stream of [...streams, streamOf(again)]) await stream[Symbol.asyncDispose]();
});

Deno.test("a HEAD request for the events takes no place", async () => {
  await using pages = await openPages(OPEN_OPS);
  for (let i = 0; i < 60; i++) assert.equal((await pages.askOps("/events", { method: "HEAD" })).status, 200);
});

Deno.test("readers of Ops, which needs no login, do not take the places of those of the Manager", async () => {
  await using pages = await openPages(OPEN_OPS);
  const cookie = await pages.logIn();
  const answers = await Promise.all(Array.from({ length: 25 }, () => pages.askOps("/events")));
  const refused = await pages.askOps("/events");
  await refused.body?.cancel();
  assert.equal(refused.status, 503);
  await using stream = await watchManager(pages, cookie);
  assert.equal((await stream.next())?.event, "change");
  for (const response of answers) await response.body?.cancel();
});

Deno.test("a page of another site or another port cannot use up streams", async () => {
  await using pages = await openPages(OPEN_OPS);
  for (const site of ["cross-site", "same-site"]) {
    const response = await pages.askOps("/events", { headers: { "sec-fetch-site": site } });
    await response.body?.cancel();
    assert.equal(response.status, 403, site);
  }
  for (const site of ["same-origin", "none"]) {
    const response = await pages.askOps("/events", { headers: { "sec-fetch-site": site } });
    await response.body?.cancel();
    assert.equal(response.status, 200, site);
  }
});
