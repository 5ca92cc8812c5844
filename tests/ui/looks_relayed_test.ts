import { looksRelayed } from "../../ui/http/client_address.ts";

import assert from "node:assert/strict";

const FORM = ["Content-Type", "application/x-www-form-urlencoded", "Content-Length", "17"];

Deno.test("nginx with nothing but proxy_pass is told apart by how it writes requests", () => {
  const written = ["Host", "127.0.0.1:8501", "Connection", "close", "User-Agent", "curl/8", ...FORM];
  assert.equal(looksRelayed("1.0", written), true);
  assert.equal(looksRelayed("1.1", written), true);
});

Deno.test("programs on this machine are not taken for a proxy", () => {
  const programs: Record<string, [version: string, headers: string[]]> = {
    curl: ["1.1", ["Host", "localhost:8501", "User-Agent", "curl/8", "Accept", "*/*", ...FORM]],
    "curl --http1.0": ["1.0", ["Host", "localhost:8501", "User-Agent", "curl/8", "Accept", "*/*"]],
    "a browser": ["1.1", ["Host", "localhost:8501", "Connection", "keep-alive", "User-Agent", "Mozilla/5.0"]],
    "Python's urllib": [
      "1.1",
      [
        "Accept-Encoding",
        "identity",
        ...FORM,
        "Host",
        "localhost:8501",
        "User-Agent",
        "Python-urllib/3.13",
        "Connection",
        "close",
      ],
    ],
    "wget of busybox": ["1.1", ["Host", "localhost:8501", "User-Agent", "Wget", "Connection", "close"]],
    "a bare probe": ["1.0", []],
  };
  for (const [name, [version, headers]] of Object.entries(programs)) {
    assert.equal(looksRelayed(version, headers), false, name);
  }
});
