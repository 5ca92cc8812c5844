import assert from "node:assert/strict";
import { networksOf } from "../../ui/http/client_address.ts";

Deno.test("an address belongs to networks of several widths, in whichever form it is written", () => {
  assert.deepEqual(networksOf("203.0.113.7"), ["203.0.113.7", "203.0.113.0/24", "203.0.0.0/16"]);
  const wide = ["2001:db8:a:1234::/64", "2001:db8:a:1200::/56", "2001:db8:a::/48", "2001:db8::/32"];
  assert.deepEqual(networksOf("2001:db8:a:1234::1"), wide);
  assert.deepEqual(networksOf("2001:0DB8:000A:1234:0:0:255.255.0.1"), wide);
  assert.deepEqual(networksOf("::ffff:203.0.113.7"), networksOf("203.0.113.7"));
  assert.equal(networksOf("fe80::1%eth0")[0], "fe80:0:0:0::/64");
  assert.equal(networksOf("::1").length, 4);
});

Deno.test("text that is not an address is a network of its own", () => {
  for (const text of ["", "unknown", "1.2.3", "[::1]", "::g"]) assert.deepEqual(networksOf(text), [text]);
});
