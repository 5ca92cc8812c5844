/** Statements and transactions of one client, with so many in flight that the driver sends no more to a connection. */
import assert from "node:assert/strict";
import { readAddress } from "../../queue/postgres/address.ts";
import { Client } from "../../queue/postgres/client.ts";
import { postgresServer, whyNoPostgres } from "../support/servers/postgres_server.ts";

/** Around the hundred that the driver has in flight on a connection at most. */
const IN_FLIGHT = Array.from({ length: 8 }, (_, i) => 97 + i);

Deno.test("what is acknowledged while a transaction begins is kept, however many statements are in flight", {
  ignore: whyNoPostgres() !== null,
}, async () => {
  await using server = await postgresServer({ isDurable: false });
  await server.sql("CREATE TABLE public.written (n int)");
  for (const connections of [1, 2]) {
    for (const inFlight of IN_FLIGHT) {
      const client = new Client(readAddress(server.url()), { connections, name: "client" });
      const read = () => client.query("SELECT 1 AS one", []);
      await read();
      const calls: Promise<unknown>[] = Array.from({ length: connections * inFlight }, read);
      for (let i = 0; i < connections; i++) {
        calls.push(client.transaction(async (tx) => void await tx.query("SELECT 1 AS one", [])));
      }
      await Promise.all(calls);
      await client.query("INSERT INTO public.written VALUES ($1)", [inFlight]);
      const [row] = await server.sql(`SELECT count(*)::int AS n FROM public.written WHERE n = ${inFlight}`);
      assert.equal(row?.n, 1, `${connections} connections, ${inFlight} statements in flight`);
      await server.sql("TRUNCATE public.written");
      await client.close();
    }
  }
});
