/** The servers as seen from outside, by raw sockets that misbehave. */
import assert from "node:assert/strict";
import { serve, ServeError } from "@persistent-queue/ui";
import type { Timeouts } from "../../ui/http/serve.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/processes/free_port.ts";
import { isHealthy } from "../support/processes/is_healthy.ts";
import { runSystem } from "../support/processes/running_system.ts";
import { openPages, TOKEN } from "./open_pages.ts";

const HALF_A_LOGIN = "POST /login HTTP/1.1\r\nHost: localhost\r\n" +
  "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 20\r\n\r\npass";

async function connected(port: number, bytes: string): Promise<Deno.TcpConn> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(bytes));
  return connection;
}

/** All that still comes, until the other side ends it; `null` if it does not within the time. */
async function restOf(connection: Deno.TcpConn, withinMs: number): Promise<string | null> {
  let text = "";
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    connection.close();
  }, withinMs);
  try {
    const buffer = new Uint8Array(65_536);
    for (let count = await connection.read(buffer); count !== null; count = await connection.read(buffer)) {
      text += new TextDecoder().decode(buffer.subarray(0, count));
    }
  } catch {
    // The connection was cut off.
  }
  clearTimeout(timer);
  if (!isLate) connection.close();
  return isLate ? null : text;
}

async function withServer(
  work: (port: number, faults: unknown[]) => Promise<void>,
  timeouts: Partial<Timeouts> = {},
): Promise<void> {
  await using pages = await openPages();
  const served = serve({ app: pages.manager, hostname: "127.0.0.1", port: 0, setting: "X", timeouts });
  await served.ready;
  try {
    await work(Number(new URL(served.url).port), pages.faults);
  } finally {
    await served.close();
  }
  assert.deepEqual(pages.faults, []);
}

Deno.test("a server listens at the address it was given, and at no other", async () => {
  await withServer(async (port) => {
    // All of 127.0.0.0/8 is this machine, on Linux: a server bound to 0.0.0.0 would listen here too.
    await assert.rejects(Deno.connect({ hostname: "127.0.0.2", port }), Deno.errors.ConnectionRefused);
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
  });
});

Deno.test("a login that is half sent does not keep the server from closing", async () => {
  await using pages = await openPages();
  const served = serve({ app: pages.manager, hostname: "127.0.0.1", port: 0, setting: "X" });
  await served.ready;
  using _half = await connected(Number(new URL(served.url).port), HALF_A_LOGIN);
  const since = performance.now();
  await served.close();
  const tookMs = performance.now() - since;
  assert.ok(tookMs > 1000 && tookMs < 2300, `${tookMs} ms`);
  // The adapter still looks for half a second whether the rest of the body comes.
  await new Promise((resolve) => setTimeout(resolve, 700));
});

Deno.test("the whole system ends at SIGTERM though a login, a header and a stream are open", async () => {
  await using system = await runSystem({ command: "supervise" });
  const [manager, ops] = [system.manager, system.ops].map((url) => Number(new URL(url).port));
  using _login = await connected(manager ?? 0, HALF_A_LOGIN);
  using _header = await connected(manager ?? 0, "GET / HTTP/1.1\r\nHost: local");
  using _stream = await connected(ops ?? 0, "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const since = performance.now();
  system.process.kill("SIGTERM");
  const { code } = await system.process.status;
  const tookMs = performance.now() - since;
  assert.equal(code, 0);
  assert.ok(tookMs < 5000, `${tookMs} ms`);
});

Deno.test("a client that sends half a header, half a body or nothing, or whose connection rests, is cut off in time", async () => {
  const timeouts = { headersTimeout: 200, requestTimeout: 400, keepAliveTimeout: 200 };
  await withServer(async (port) => {
    const cases = [
      ["", /^HTTP\/1\.1 408 /],
      ["GET / HTTP/1.1\r\nHost: local", /^HTTP\/1\.1 408 /],
      [HALF_A_LOGIN, /^HTTP\/1\.1 40[08] /],
      [
        `POST /api/jobs HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${TOKEN}\r\n` +
        "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n[{}x\r\n",
        /^HTTP\/1\.1 40[08] /,
      ],
      ["GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", /^HTTP\/1\.1 200 /],
    ] as const;
    const answers = await Promise.all(
      cases.map(async ([bytes]) => restOf(await connected(port, bytes), 5000)),
    );
    for (const [i, [bytes, status]] of cases.entries()) assert.match(answers[i] ?? "open", status, bytes);
  }, { ...timeouts, connectionsCheckingInterval: 50 });
});

Deno.test("a response that the app works on for longer than the limit for silent clients arrives whole", async () => {
  const timeouts = { timeout: 200, connectionsCheckingInterval: 20 };
  let wasAborted = false;
  const app = {
    async fetch({ signal }: Request) {
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      wasAborted = signal.aborted;
      return new Response("done");
    },
    close() {},
  };
  const served = serve({ app, hostname: "127.0.0.1", port: 0, setting: "X", timeouts });
  await served.ready;
  const ask = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  const answer = await restOf(await connected(Number(new URL(served.url).port), ask), 5000);
  await served.close();
  assert.match(answer ?? "open", /^HTTP\/1\.1 200 [^]*done/);
  assert.equal(wasAborted, false);
});

Deno.test("a client that takes nothing of its response is cut off, and one that reads it slowly is not", async () => {
  const timeouts = { timeout: 1_000, connectionsCheckingInterval: 20 };
  const part = new Uint8Array(1_000_000);
  const parts = 30;
  const open = new Set<string>();
  const app = {
    fetch(request: Request) {
      const name = new URL(request.url).pathname;
      open.add(name);
      request.signal.addEventListener("abort", () => open.delete(name));
      return new Response(ReadableStream.from((async function* () {
        for (let i = 0; i < parts; i++) yield await Promise.resolve(part);
        open.delete(name);
      })()));
    },
    close() {},
  };
  const served = serve({ app, hostname: "127.0.0.1", port: 0, setting: "X", timeouts });
  await served.ready;
  const port = Number(new URL(served.url).port);
  const ask = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`;
  const slow = await connected(port, ask("/slow"));
  const deaf = await connected(port, ask("/deaf"));
  let read = 0;
  const buffer = new Uint8Array(200_000);
  for (let count = await slow.read(buffer); count !== null; count = await slow.read(buffer)) {
    read += count;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  slow.close();
  assert.ok(read > parts * part.length, `${read} bytes`);
  await eventually("the other is cut off", () => !open.has("/deaf"));
  deaf.close();
  await served.close();
});

Deno.test("a visitor who hangs up in the middle of a body causes no error in the log", async () => {
  await withServer(async (port, faults) => {
    const head = `POST /api/jobs HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${TOKEN}\r\n` +
      "Content-Type: application/json\r\n";
    for (const rest of ["Content-Length: 20\r\n\r\n[{}", "Transfer-Encoding: chunked\r\n\r\n4\r\n[{}x\r\n"]) {
      const connection = await connected(port, head + rest);
      await new Promise((resolve) => setTimeout(resolve, 50));
      connection.close();
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.deepEqual(faults, []);
  });
});

Deno.test("of a crowd of silent connections only so many are let in, and there is room again when they go", async () => {
  // No connection is cut off for being slow meanwhile.
  const timeouts = { headersTimeout: 60_000, requestTimeout: 60_000 };
  await withServer(async (port) => {
    const crowd = await Promise.all(Array.from({ length: 300 }, () => connected(port, "GET / HT")));
    let refused = 0;
    const ends = crowd.map(async (connection) => {
      await connection.read(new Uint8Array(1)).catch(() => null);
      refused += 1;
    });
    await eventually("fifty are turned away", () => refused >= 50);
    assert.equal(refused, 50);
    for (const connection of crowd) connection.close();
    await Promise.all(ends);
    await eventually("there is room", () => isHealthy(`http://127.0.0.1:${port}`));
  }, timeouts);
});

Deno.test("silent connections that take every place are cut off, and then there is room again", async () => {
  const timeouts = { headersTimeout: 500, connectionsCheckingInterval: 100 };
  await withServer(async (port) => {
    const crowd = await Promise.all(Array.from({ length: 250 }, () => connected(port, "GET / HT")));
    const answers = await Promise.all(crowd.map((connection) => restOf(connection, 5000)));
    assert.ok(answers.every((response) => response?.startsWith("HTTP/1.1 408")));
    await eventually("there is room", () => isHealthy(`http://127.0.0.1:${port}`));
  }, timeouts);
});

Deno.test("a port that is taken is reported at once, with the setting to change", async () => {
  await using pages = await openPages();
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const options = { app: pages.manager, hostname: "127.0.0.1", setting: "MANAGER_PORT" };
  assert.throws(
    () => serve({ ...options, port: listener.addr.port }),
    (error) => error instanceof ServeError && /in use: .* with MANAGER_PORT/.test(error.message),
  );
});

Deno.test("the guards get the address of the other end of the connection", async () => {
  await using pages = await openPages({ host: "0.0.0.0", passwordIsDefault: true });
  const port = freePort();
  const served = serve({ app: pages.manager, hostname: "0.0.0.0", port, setting: "X" });
  await served.ready;
  const response = await eventually("it answers", () => fetch(`http://127.0.0.1:${port}/login`));
  await response.body?.cancel();
  assert.equal(response.status, 200, "loopback");
  await served.close();
});
