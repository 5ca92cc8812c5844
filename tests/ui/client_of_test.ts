import assert from "node:assert/strict";
import { type Client, clientOf, type ClientOptions } from "../../ui/http/client_address.ts";

interface Seen extends Partial<ClientOptions> {
  readonly peer?: string;
  readonly url?: string;
  readonly looksRelayed?: boolean;
}

function client(headers: Record<string, string>, seen: Seen = {}): Client {
  const { peer = "127.0.0.1", url = "http://127.0.0.1:8501/", looksRelayed = false } = seen;
  const asClient = clientOf({ publicUrl: null, trustedProxies: [], ...seen });
  return asClient(new Request(url, { headers }), { peer, looksRelayed });
}

function addressOf(forwardedFor: string, peer = "127.0.0.1"): string {
  const trustedProxies = ["127.0.0.1", "::1", "172.16.0.0/12", "fd00::/8"];
  return client({ "x-forwarded-for": forwardedFor }, { peer, trustedProxies }).address;
}

Deno.test("the address of a client is that of the connection, whatever an undeclared proxy says", () => {
  const { address, peer } = client({ "x-forwarded-for": "203.0.113.7" }, { peer: "192.168.1.9" });
  assert.deepEqual([address, peer], ["192.168.1.9", "192.168.1.9"]);
  assert.equal(addressOf("203.0.113.7", "192.168.1.9"), "192.168.1.9");
  assert.equal(addressOf("203.0.113.7", "172.32.0.1"), "172.32.0.1");
});

Deno.test("behind trusted proxies the client is the last address that is not one of them", () => {
  assert.equal(addressOf("203.0.113.7"), "203.0.113.7");
  assert.equal(addressOf("203.0.113.7", "172.17.0.3"), "203.0.113.7");
  assert.equal(addressOf("203.0.113.7", "::ffff:172.17.0.3"), "203.0.113.7");
  assert.equal(addressOf("203.0.113.7", "fd12::3"), "203.0.113.7");
  assert.equal(addressOf("203.0.113.7, 172.17.0.3"), "203.0.113.7");
  assert.equal(addressOf("2001:db8::1"), "2001:db8::1");
  assert.equal(addressOf("[2001:db8::1]:443"), "2001:db8::1");
  assert.equal(addressOf("203.0.113.7:50123"), "203.0.113.7");
});

Deno.test("what a client writes into the header itself does not change its address", () => {
  assert.equal(addressOf("10.9.9.9, 203.0.113.7"), "203.0.113.7");
  assert.equal(addressOf("127.0.0.1, 203.0.113.7"), "203.0.113.7");
  assert.equal(addressOf("127.0.0.1, not an address, 172.17.0.3"), "172.17.0.3");
  assert.equal(addressOf("127.0.0.1, , 203.0.113.7"), "203.0.113.7");
  assert.equal(addressOf("unknown"), "127.0.0.1");
  assert.equal(addressOf(""), "127.0.0.1");
  assert.equal(addressOf("127.0.0.1, 172.17.0.3"), "127.0.0.1");
});

Deno.test("a request counts as forwarded if a header, a declared proxy or the way it is written shows it", () => {
  for (
    const name of [
      "Forwarded",
      "Via",
      "X-Forwarded-For",
      "X-Forwarded-Proto",
      "X-Forwarded-Anything",
      "X-Real-IP",
      ...["CF-Connecting-IP", "DO-Connecting-IP", "Fastly-Client-IP", "Fly-Client-IP", "X-Cluster-Client-IP"],
      ...[
        "X-Azure-ClientIP",
        "X-Envoy-External-Address",
        "X-Original-Host",
        "CDN-Loop",
        "CF-Ray",
        "X-Varnish",
      ],
      ...["Max-Forwards", "Early-Data", "Front-End-Https", "X-Scheme", "X-Remote-Addr", "Remote-User"],
      ...["X-Appengine-User-IP", "X-Nf-Client-Connection-IP", "X-Vercel-Id", "Tailscale-User-Login"],
    ]
  ) {
    assert.equal(client({ [name]: "" }).isForwarded, true, name);
  }
  assert.equal(client({}, { trustedProxies: ["127.0.0.0/8"] }).isForwarded, true);
  assert.equal(client({}, { looksRelayed: true }).isForwarded, true);
  for (const name of ["X-Request-Id", "Client", "Accept", "Sec-CH-UA", "DNT", "X-Requested-With"]) {
    assert.equal(client({ [name]: "1" }).isForwarded, false, name);
  }
});

Deno.test("a connection counts as encrypted if the proxy says so, or if the host is that of an https PUBLIC_URL", () => {
  assert.equal(client({ "x-forwarded-proto": "https" }).isHttps, true);
  assert.equal(client({ "x-forwarded-proto": "http" }).isHttps, false);
  const publicUrl = "https://queue.example.com/jobs";
  const asked = (host: string, url = publicUrl) => client({ host }, { publicUrl: url }).isHttps;
  assert.equal(asked("queue.example.com"), true);
  assert.equal(asked("queue.example.com:443"), true);
  assert.equal(asked("queue.example.com:8443"), false);
  assert.equal(asked("127.0.0.1:8501"), false);
  assert.equal(asked("queue.example.com", "http://queue.example.com"), false);
  assert.equal(asked("[::1"), false);
  const bare = { publicUrl, looksRelayed: true };
  assert.equal(client({ host: "127.0.0.1:8501" }, bare).isHttps, true, "a proxy that adds no header");
  assert.equal(client({ host: "127.0.0.1:8501", "x-forwarded-proto": "http" }, bare).isHttps, false);
});

Deno.test("an address that an undeclared proxy claims is kept apart from the confirmed one", () => {
  const claimOf = (headers: Record<string, string>, seen: Seen = {}) => client(headers, seen).claimedAddress;
  assert.equal(claimOf({}), null, "nothing is forwarded");
  assert.equal(claimOf({ "x-forwarded-for": "10.9.9.9, 203.0.113.7" }), "203.0.113.7");
  assert.equal(claimOf({ "x-real-ip": "203.0.113.7" }, { peer: "172.17.0.3" }), "203.0.113.7");
  for (const text of ["", "203.0.113.7, secret", "<script>", "1.2.3"]) {
    assert.equal(claimOf({ "x-forwarded-for": text }), "an unknown address", text);
  }
  assert.equal(claimOf({}, { trustedProxies: ["127.0.0.1"] }), null, "a script beside the proxy");
  assert.equal(claimOf({ via: "1.1 proxy" }), "an unknown address");
  assert.equal(claimOf({}, { looksRelayed: true }), "an unknown address");
  assert.equal(claimOf({ "x-forwarded-for": "203.0.113.7" }, { trustedProxies: ["127.0.0.1"] }), null);
});
