import assert from "node:assert/strict";
import { serve } from "@persistent-queue/ui";
import { type Desk, openDesk } from "./open_desk.ts";

/** Sends bytes as they are, and answers what comes back until the server closes. */
async function send(port: number, bytes: string | Uint8Array): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  try {
    await connection.write(typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes);
    return await new Response(ReadableStream.from(chunksOf(connection))).text();
  } catch (error) {
    // A server may cut the line on rubbish.
    if (error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe) return "";
    throw error;
  }
}

async function* chunksOf(connection: Deno.TcpConn): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(65_536);
  for (;;) {
    const count = await connection.read(buffer);
    if (count === null) return;
    yield buffer.slice(0, count);
  }
}

async function withServer(desk: Desk, work: (port: number) => Promise<void>): Promise<void> {
  const served = serve({ app: desk.manager, hostname: "127.0.0.1", port: 0, setting: "MANAGER_PORT" });
  await served.ready;
  try {
    await work(Number(new URL(served.url).port));
  } finally {
    await served.close();
  }
}

const END = "Connection: close\r\n\r\n";

const RAW: [what: string, request: string, status: RegExp][] = [
  ["our own host", `GET /healthz HTTP/1.1\r\nHost: localhost\r\n${END}`, /^HTTP\/1\.1 200 /],
  ["a strange host", `GET /healthz HTTP/1.1\r\nHost: evil.example\r\n${END}`, /^HTTP\/1\.1 403 /],
  ["a port that no host has", `GET / HTTP/1.1\r\nHost: localhost:99999\r\n${END}`, /^HTTP\/1\.1 400 /],
  ["the first of them", `GET / HTTP/1.1\r\nHost: localhost:65536\r\n${END}`, /^HTTP\/1\.1 400 /],
  ["no address at all", `GET / HTTP/1.1\r\nHost: 127.999.999.999\r\n${END}`, /^HTTP\/1\.1 400 /],
  ["nearly an address", `GET / HTTP/1.1\r\nHost: 127.0.0.256\r\n${END}`, /^HTTP\/1\.1 400 /],
  [
    "a whole address with such a port",
    `GET http://localhost:99999/ HTTP/1.1\r\nHost: localhost\r\n${END}`,
    /^HTTP\/1\.1 400 /,
  ],
  ["nothing but colons", `GET / HTTP/1.1\r\nHost: [::::]\r\n${END}`, /^HTTP\/1\.1 400 /],
  ["half a bracket", `GET /healthz HTTP/1.1\r\nHost: [::1\r\n${END}`, /^HTTP\/1\.1 400 /],
  ["a space in the host", `GET /healthz HTTP/1.1\r\nHost: local host\r\n${END}`, /^HTTP\/1\.1 400 /],
  ["a path in the host", `GET /healthz HTTP/1.1\r\nHost: localhost/x\r\n${END}`, /^HTTP\/1\.1 400 /],
  [
    "a person in the host",
    `GET /healthz HTTP/1.1\r\nHost: localhost@evil.example\r\n${END}`,
    /^HTTP\/1\.1 400 /,
  ],
  ["an empty host", `GET /healthz HTTP/1.1\r\nHost: \r\n${END}`, /^HTTP\/1\.1 40[03] /],
  ["no host", `GET /healthz HTTP/1.1\r\n${END}`, /^HTTP\/1\.1 (200|40[03]) /],
  [
    "two hosts",
    `GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n${END}`,
    /^HTTP\/1\.1 40[03] /,
  ],
  [
    "a strange address",
    `GET http://evil.example/healthz HTTP/1.1\r\nHost: localhost\r\n${END}`,
    /^HTTP\/1\.1 40[03] /,
  ],
  ["a star", `OPTIONS * HTTP/1.1\r\nHost: localhost\r\n${END}`, /^HTTP\/1\.1 [34]\d\d /],
  ["TRACE", `TRACE /healthz HTTP/1.1\r\nHost: localhost\r\n${END}`, /^HTTP\/1\.1 [34]\d\d /],
  ["a method of its own", `BREW /login HTTP/1.1\r\nHost: localhost\r\n${END}`, /^HTTP\/1\.1 [34]\d\d /],
  ["dots", `GET /static/../../app.ts HTTP/1.1\r\nHost: localhost\r\n${END}`, /^HTTP\/1\.1 [34]\d\d /],
  [
    "broken percents",
    `GET /%zz%E0%A4%A?x=%zz HTTP/1.1\r\nHost: localhost\r\n${END}`,
    /^HTTP\/1\.1 [34]\d\d /,
  ],
  ["slashes", `GET //evil.example/.. HTTP/1.1\r\nHost: localhost\r\n${END}`, /^HTTP\/1\.1 [34]\d\d /],
  [
    "a broken cookie",
    `GET / HTTP/1.1\r\nHost: localhost\r\nCookie: pq_manager=%zz; ;=;\r\n${END}`,
    /^HTTP\/1\.1 303 /,
  ],
  [
    "a form of the wrong shape",
    `POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data\r\nContent-Length: 3\r\n${END}abc`,
    /^HTTP\/1\.1 400 /,
  ],
  [
    "a form of the wrong type",
    `POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n${END}abc`,
    /^HTTP\/1\.1 415 /,
  ],
  [
    "a form that is too large",
    `POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20000\r\n${END}${"x".repeat(20_000)}`,
    /^HTTP\/1\.1 413 /,
  ],
];

Deno.test("malformed requests are refused, and never answered with a fault of ours", async (t) => {
  await using desk = await openDesk();
  await withServer(desk, async (port) => {
    for (const [what, request, status] of RAW) {
      await t.step(what, async () => {
        const answer = await send(port, request);
        assert.match(answer, status);
        assert.doesNotMatch(answer, /\.ts:\d+|at async/);
      });
    }
  });
  assert.deepEqual(desk.faults, []);
});

Deno.test("a thousand random requests cause no fault and no end", async () => {
  await using desk = await openDesk();
  let seed = 20_260_101;
  const random = (limit: number) => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) % limit;
  let answered = 0;
  await withServer(desk, async (port) => {
    for (let round = 0; round < 50; round++) {
      const answers = await Promise.all(Array.from({ length: 20 }, () => {
        const [, request = ""] = RAW[random(RAW.length)] ?? [];
        const bytes = new TextEncoder().encode(request.replace(END, `X: y\r\n${END}`));
        for (let i = 0; i < 3; i++) bytes[random(bytes.length - END.length)] = random(256);
        return send(port, bytes);
      }));
      for (const answer of answers) assert.doesNotMatch(answer, /^HTTP\/1\.1 5/);
      answered += answers.filter((answer) => answer.startsWith("HTTP/1.1 ")).length;
    }
    assert.ok(answered > 900, `${answered} answers`);
    assert.match(await send(port, `GET /healthz HTTP/1.1\r\nHost: localhost\r\n${END}`), /^HTTP\/1\.1 200 /);
  });
  assert.deepEqual(desk.faults, []);
});
