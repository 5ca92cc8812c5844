/**
 * The bare minimum of a drain on a server: a table (or hashes) of id, status and payload, with one index for waiting jobs,
 * and two statements for many jobs each, on two connections. It has no leases, no history, no counts, no limits.
 * Unlike the limit of `servers.ts`, it does not change with the queue.
 */
import { createClient } from "@redis/client";
import postgres from "postgres";
import type { Backend } from "./servers.ts";

const CLAIMED = 640;
const INSERTED = 1_000;

/** Claims one batch and completes it; false: nothing waits. */
type Turn = () => Promise<boolean>;

interface Bare extends AsyncDisposable {
  insert(from: number, count: number): Promise<unknown>;
  /** One function per connection. */
  readonly turns: readonly Turn[];
}

const OPEN: Record<Backend, (url: string, table: string) => Promise<Bare>> = {
  postgres: onPostgres,
  redis: onRedis,
};

/** Jobs per second. `url` is that of a queue on the server, whose own tables stay as they are. */
export async function bareMinimum(backend: Backend, url: string, jobs: number): Promise<number> {
  await using bare = await OPEN[backend](url, `bare_${crypto.randomUUID().replaceAll("-", "")}`);
  for (let from = 0; from < jobs; from += INSERTED) await bare.insert(from, Math.min(INSERTED, jobs - from));
  const since = performance.now();
  await Promise.all(bare.turns.map(async (turn) => {
    while (await turn());
  }));
  return jobs / (performance.now() - since) * 1000;
}

async function onPostgres(url: string, table: string): Promise<Bare> {
  const address = new URL(url);
  address.searchParams.delete("schema");
  const sql = postgres(address.href, { max: 2, onnotice() {} });
  await sql.unsafe(
    `CREATE TABLE ${table} (seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id text NOT NULL, status text NOT NULL,
      payload text NOT NULL) WITH (fillfactor = 70);
    CREATE INDEX ${table}_waiting ON ${table} (seq) WHERE status = 'PENDING'`,
  );
  const named = { prepare: true };
  const claim = () =>
    sql.unsafe(
      `UPDATE ${table} SET status = 'PROCESSING' WHERE seq IN (SELECT seq FROM ${table} WHERE status = 'PENDING'
        ORDER BY seq LIMIT ${CLAIMED} FOR UPDATE SKIP LOCKED) RETURNING seq, id, payload`,
      [],
      named,
    );
  const turn = async () => {
    const claimed = await claim();
    if (claimed.length === 0) return false;
    const seqs = claimed.map(({ seq }) => String(seq));
    await sql.unsafe(
      `UPDATE ${table} SET status = 'COMPLETED' WHERE seq = ANY ($1::bigint[])`,
      [seqs],
      named,
    );
    return true;
  };
  return {
    insert: (from, count) =>
      sql.unsafe(
        `INSERT INTO ${table} (id, status, payload)
          SELECT 'job ' || n, 'PENDING', 'null' FROM generate_series($1::bigint, $2::bigint) AS n`,
        [from, from + count - 1],
      ),
    turns: [turn, turn],
    [Symbol.asyncDispose]: () => sql.end(),
  };
}

const CLAIM = `local ids = redis.call("ZRANGE", KEYS[1], 0, ${CLAIMED - 1})
  local jobs = {}
  for _, id in ipairs(ids) do
    redis.call("ZREM", KEYS[1], id)
    redis.call("HSET", KEYS[2] .. id, "status", "PROCESSING")
    jobs[#jobs + 1] = id
    jobs[#jobs + 1] = redis.call("HGET", KEYS[2] .. id, "payload")
  end
  return jobs`;
const COMPLETE = `for _, id in ipairs(ARGV) do redis.call("HSET", KEYS[1] .. id, "status", "COMPLETED") end`;
const INSERT = `for n = tonumber(ARGV[1]), tonumber(ARGV[2]) do
    redis.call("HSET", KEYS[2] .. n, "status", "PENDING", "payload", "null")
    redis.call("ZADD", KEYS[1], n, n)
  end`;

/** Each id is followed by its payload. */
const idsOf = (claimed: readonly unknown[]) => claimed.filter((_, n) => n % 2 === 0).map(String);

async function onRedis(url: string, table: string): Promise<Bare> {
  const address = new URL(url);
  address.search = "";
  const clients = [0, 1].map(() => createClient({ url: address.href }));
  await Promise.all(clients.map((client) => client.connect()));
  const [waiting, job] = [`{${table}}:waiting`, `{${table}}:job:`];
  const turns = clients.map((client) => async () => {
    const claimed = await client.eval(CLAIM, { keys: [waiting, job] });
    if (!Array.isArray(claimed) || claimed.length === 0) return false;
    await client.eval(COMPLETE, { keys: [job], arguments: idsOf(claimed) });
    return true;
  });
  return {
    insert: async (from, count) =>
      await clients[0]?.eval(INSERT, {
        keys: [waiting, job],
        arguments: [String(from), String(from + count - 1)],
      }),
    turns,
    async [Symbol.asyncDispose]() {
      for (const client of clients) await client.close();
    },
  };
}
