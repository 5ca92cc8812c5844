import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { serve } from "@persistent-queue/ui";
import { bytesOf, exchange, statusesIn } from "../support/web/raw_client.ts";
import { NOWHERE, OUTSIDE } from "../support/web/traversal_paths.ts";
import { OPEN_OPS, openPages, PASSWORD, type TestPages, TOKEN } from "./open_pages.ts";

/** What comes back until the server closes. */
async function send(port: number, bytes: string | Uint8Array): Promise<string> {
  return (await exchange(port, bytes)).text;
}

async function withServer(pages: TestPages, work: (port: number) => Promise<void>): Promise<void> {
  const served = serve({ app: pages.manager, hostname: "127.0.0.1", port: 0, setting: "MANAGER_PORT" });
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
  ["a strange host", `GET /login HTTP/1.1\r\nHost: evil.example\r\n${END}`, /^HTTP\/1\.1 403 /],
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
  ["an empty host", `GET /login HTTP/1.1\r\nHost: \r\n${END}`, /^HTTP\/1\.1 40[03] /],
  ["an empty port", `GET /api/stats HTTP/1.1\r\nHost: localhost:\r\n${END}`, /^HTTP\/1\.1 401 /],
  ["an empty port, from a probe", `GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:\r\n${END}`, /^HTTP\/1\.1 200 /],
  ["a mapped address", `GET /healthz HTTP/1.1\r\nHost: [::ffff:127.0.0.1]:80\r\n${END}`, /^HTTP\/1\.1 200 /],
  ["the same for a page", `GET /login HTTP/1.1\r\nHost: [::ffff:127.0.0.1]\r\n${END}`, /^HTTP\/1\.1 40[03] /],
  ["no host, from a probe", `GET /healthz HTTP/1.1\r\n${END}`, /^HTTP\/1\.1 200 /],
  ["no host, whether it lives", `GET /live HTTP/1.1\r\n${END}`, /^HTTP\/1\.1 200 /],
  ["no host, whether it is ready", `GET /ready HTTP/1.1\r\n${END}`, /^HTTP\/1\.1 200 /],
  ["no host, for a page", `GET /login HTTP/1.1\r\n${END}`, /^HTTP\/1\.1 400 /],
  [
    "two hosts",
    `GET /login HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n${END}`,
    /^HTTP\/1\.1 40[03] /,
  ],
  [
    "a strange address",
    `GET http://evil.example/login HTTP/1.1\r\nHost: localhost\r\n${END}`,
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
    `GET / HTTP/1.1\r\nHost: localhost\r\nCookie: pq_manager_8501=%zz; ;=;\r\n${END}`,
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

Deno.test("malformed requests are refused, and never cause a 500", async (t) => {
  await using pages = await openPages();
  await withServer(pages, async (port) => {
    for (const [what, request, status] of RAW) {
      await t.step(what, async () => {
        const response = await send(port, request);
        assert.match(response, status);
        assert.doesNotMatch(response, /\.ts:\d+|at async/);
      });
    }
  });
  assert.deepEqual(pages.faults, []);
});

Deno.test("a session is found in whichever of several Cookie headers it comes", async () => {
  await using pages = await openPages();
  const body = new URLSearchParams({ password: PASSWORD });
  const entered = await pages.ask("/login", { method: "POST", body });
  await entered.body?.cancel();
  const cookie = (entered.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
  await withServer(pages, async (port) => {
    for (const lines of [[cookie, "a=b"], ["a=b", cookie], [`a=b; ${cookie}`], ["a=b", "c=d; e=f", cookie]]) {
      const headers = lines.map((line) => `Cookie: ${line}\r\n`).join("");
      const text = await send(port, `GET /api/stats HTTP/1.1\r\nHost: localhost\r\n${headers}${END}`);
      assert.match(text, /^HTTP\/1\.1 200 /, headers);
    }
  });
});

Deno.test("a job whose id has 2,000 letters that are not Latin can be opened, on its page and by a script", async () => {
  await using pages = await openPages();
  const id = "語".repeat(2_000);
  await pages.queue.add([{ id, kind: "mail" }]);
  const cookie = await pages.logIn();
  await withServer(pages, async (port) => {
    const path = `/job?id=${encodeURIComponent(id)}`;
    const ask = (path: string, header: string) =>
      send(port, `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${header}\r\n${END}`);
    assert.match(await ask(path, `Cookie: ${cookie}`), /^HTTP\/1\.1 200 /);
    assert.match(
      await ask(`/api/jobs/${encodeURIComponent(id)}`, `Authorization: Bearer ${TOKEN}`),
      /^HTTP\/1\.1 200 /,
    );
    const login = /^location: (.*)\r$/im.exec(await ask(path, "Accept: */*"))?.[1] ?? "";
    assert.match(await ask(login, "Accept: */*"), /^HTTP\/1\.1 200 /, "the login on the way there");
  });
});

Deno.test("TRACE is refused, even with a path in PUBLIC_URL, and CONNECT and TRACK get no further", async () => {
  for (const options of [{}, { publicUrl: "http://localhost/queue" }]) {
    await using pages = await openPages(options);
    await withServer(pages, async (port) => {
      for (const path of ["/queue/", "/queue/api/jobs", "/queue", "/", "/healthz"]) {
        const answer = await send(port, `TRACE ${path} HTTP/1.1\r\nHost: localhost\r\n${END}`);
        assert.match(answer, /^HTTP\/1\.1 405 [^]*^allow: GET, HEAD/im, path);
        for (const method of ["CONNECT", "TRACK"]) {
          const answer = await send(port, `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n${END}`);
          assert.match(answer, /^(?:HTTP\/1\.1 4\d\d |$)/, `${method} ${path}`);
        }
      }
    });
    assert.deepEqual(pages.faults, []);
  }
});

Deno.test("TRACE is answered with the methods of that very address, as OPTIONS is", async () => {
  const allowed = { "/": "GET, HEAD", "/api/stats": "GET, HEAD", "/login": "GET, HEAD, POST" };
  for (const options of [{}, { publicUrl: "http://localhost/queue" }]) {
    await using pages = await openPages(options);
    await withServer(pages, async (port) => {
      for (const [path, allow] of Object.entries(allowed)) {
        const base = "publicUrl" in options ? "/queue" : "";
        const answer = await send(port, `TRACE ${base}${path} HTTP/1.1\r\nHost: localhost\r\n${END}`);
        assert.match(answer, new RegExp(`^HTTP/1\\.1 405 [^]*^allow: ${allow}\\r$`, "im"), path);
      }
    });
  }
});

const POST_JSON = "POST /api/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" +
  `Authorization: Bearer ${TOKEN}\r\n`;
const POST_FORM =
  "POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n";
const CHUNKED = `Transfer-Encoding: chunked\r\n${END}`;

function chunksOf(body: string): string {
  const half = body.length >> 1;
  return [body.slice(0, half), body.slice(half), ""]
    .map((part) => `${part.length.toString(16)}\r\n${part}\r\n`).join("");
}

Deno.test("a body that comes in chunks, or without a length, is read like any other", async (t) => {
  const jobs = JSON.stringify([{ id: "a", kind: "mail" }, { id: "b", kind: "mail" }]);
  const long = JSON.stringify({ id: "c", kind: "mail", payload: "x".repeat(1_100_000) });
  const cases: [what: string, request: string, status: number][] = [
    ["jobs in chunks", POST_JSON + CHUNKED + chunksOf(jobs), 201],
    ["one that is too large", POST_JSON + CHUNKED + chunksOf(long), 413],
    ["more than is read of any", POST_JSON + CHUNKED + chunksOf("x".repeat(9_000_000)), 413],
    ["what is no JSON", POST_JSON + CHUNKED + chunksOf("[[[["), 400],
    ["a login", POST_FORM + CHUNKED + chunksOf("password="), 401],
    ["a login that is too large", POST_FORM + CHUNKED + chunksOf(`password=${"x".repeat(20_000)}`), 413],
    ["a login without a body", POST_FORM + END, 401],
    ["jobs without a body", POST_JSON + END, 400],
  ];
  await using pages = await openPages();
  await withServer(pages, async (port) => {
    for (const [what, request, status] of cases) {
      await t.step(`${what}: ${status}`, async () => {
        assert.deepEqual(statusesIn(await send(port, request)), [status]);
      });
    }
  });
  assert.equal((await pages.queue.stats()).counts.PENDING, 2);
  // The adapter still looks for half a second whether the rest of a body comes.
  await new Promise((resolve) => setTimeout(resolve, 700));
  assert.deepEqual(pages.faults, []);
});

Deno.test("JSON that nests a hundred thousand levels deep is refused", async () => {
  await using pages = await openPages();
  await withServer(pages, async (port) => {
    for (const deep of ["[".repeat(100_000) + "]".repeat(100_000), "[".repeat(1_000_000)]) {
      const body = `{"id":"deep","kind":"mail","payload":${deep}}`;
      const response = await send(port, `${POST_JSON}Content-Length: ${body.length}\r\n${END}${body}`);
      assert.deepEqual(statusesIn(response), [400]);
    }
  });
  assert.deepEqual(pages.faults, []);
});

Deno.test("a connection may send any number of requests, but must wait for the responses", async () => {
  await using pages = await openPages();
  await withServer(pages, async (port) => {
    const good = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n";
    const few = await send(port, `${good}\r\n`.repeat(9) + good + END);
    assert.equal(statusesIn(few).filter((status) => status === 200).length, 10);
    const many = await send(port, `${good}\r\n`.repeat(5_000));
    assert.ok(statusesIn(many).length <= 10, `${statusesIn(many).length} answers`);
    // One after the other: `fetch` keeps its connection.
    for (let i = 0; i < 200; i++) {
      const response = await fetch(`http://127.0.0.1:${port}/healthz`);
      assert.equal((await response.json()).status, "ok");
    }
  });
});

Deno.test("no path leads from the static files to any other, in whatever way it is written", async () => {
  await using pages = await openPages();
  const writings: ((path: string) => string)[] = [
    (path) => path,
    encodeURI,
    encodeURIComponent,
    (path) => encodeURIComponent(encodeURIComponent(path)),
    (path) => encodeURIComponent(path).replaceAll(".", "%2e"),
    (path) => path.replaceAll("/", "\\"),
  ];
  let asked = 0;
  await withServer(pages, async (port) => {
    for (
      const path of [
        ...OUTSIDE,
        ...NOWHERE,
        "../app.ts",
        "../../ui/app.ts",
        "../../main.ts",
        "app.css/../app.ts",
      ]
    ) {
      const targets = new Set(writings.map((write) => `/static/${write(path)}`));
      const answers = await Promise.all([...targets].map((target) => {
        return send(port, `GET ${target} HTTP/1.1\r\nHost: localhost\r\n${END}`);
      }));
      for (const response of answers) {
        asked++;
        assert.match(response, /^HTTP\/1\.1 (?:303|400|403|404|431) /, path);
        assert.doesNotMatch(response, /root:|import |\bfrom "/, path);
      }
    }
  });
  assert.ok(asked > 250, `${asked} ways`);
  assert.deepEqual(pages.faults, []);
});

Deno.test("a thousand random requests neither cause an error nor end the server", async () => {
  await using pages = await openPages();
  let seed = 20_260_101;
  const random = (limit: number) => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) % limit;
  let answered = 0;
  await withServer(pages, async (port) => {
    for (let round = 0; round < 50; round++) {
      const answers = await Promise.all(Array.from({ length: 20 }, () => {
        const [, request = ""] = RAW[random(RAW.length)] ?? [];
        const bytes = new TextEncoder().encode(request.replace(END, `X: y\r\n${END}`));
        for (let i = 0; i < 3; i++) bytes[random(bytes.length - END.length)] = random(256);
        return send(port, bytes);
      }));
      for (const response of answers) assert.doesNotMatch(response, /^HTTP\/1\.1 5/);
      answered += answers.filter((response) => response.startsWith("HTTP/1.1 ")).length;
    }
    assert.ok(answered > 900, `${answered} answers`);
    assert.match(await send(port, `GET /healthz HTTP/1.1\r\nHost: localhost\r\n${END}`), /^HTTP\/1\.1 200 /);
  });
  assert.deepEqual(pages.faults, []);
});

Deno.test("a probe in HTTP/1.0 is served without a host, and a stream comes without chunks", async () => {
  await using pages = await openPages(OPEN_OPS);
  await withServer(pages, async (port) => {
    for (const path of ["/healthz", "/live", "/ready"]) {
      for (const method of ["GET", "HEAD", "OPTIONS"]) {
        const response = await send(port, `${method} ${path} HTTP/1.0\r\n\r\n`);
        assert.match(response, /^HTTP\/1\.1 200 /, `${method} ${path}`);
        assert.doesNotMatch(response, /transfer-encoding/i);
      }
    }
    assert.match(await send(port, "GET /login HTTP/1.0\r\n\r\n"), /^HTTP\/1\.1 400 /);
    assert.match(await send(port, "GET /login HTTP/1.1\r\n\r\n"), /^HTTP\/1\.1 400 /);
  });
  const ops = { ...pages, manager: pages.ops };
  await withServer(ops, async (port) => {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    await connection.write(bytesOf("GET /events HTTP/1.0\r\nHost: localhost\r\n\r\n"));
    const response = new Response(connection.readable).text();
    await delay(500);
    pages.ops.close();
    const stream = await response;
    assert.match(stream, /^HTTP\/1\.1 200 /);
    assert.doesNotMatch(stream, /transfer-encoding/i);
    assert.match(stream, /\r\n\r\nevent: snapshot\ndata: /);
  });
});
