/** Facts that the processes on the queue share, as rows of one table. */
import { checkedFact, type Facts, MAX_EXPIRED, MAX_FACTS } from "../facts.ts";
import { MAX_TIME } from "../job.ts";
import { toText } from "../storing/rows.ts";
import type { Client } from "./client.ts";
import { now } from "./sql_fragments.ts";

/** ?1 now, or null ?2 realm ?3 key ?4 text ?5 its lifetime in ms. */
const CLOCK = `clock AS (SELECT ${now(1)} AS at, least(${now(1)} + $5::bigint, ${MAX_TIME}) AS expires_at)`;

const FACTS = {
  // where there is none, or an expired one: ?6 how many others to keep
  add: `WITH ${CLOCK}, gone AS (DELETE FROM facts WHERE realm = $2::text AND key <> $3::text AND key IN (
        SELECT key FROM facts WHERE realm = $2::text AND key <> $3::text ORDER BY expires_at DESC, key OFFSET $6::bigint))
    INSERT INTO facts (realm, key, text, expires_at) SELECT $2::text, $3::text, $4::text, clock.expires_at FROM clock
    ON CONFLICT (realm, key) DO UPDATE SET text = excluded.text, expires_at = excluded.expires_at
      WHERE facts.expires_at <= (SELECT at FROM clock) RETURNING key`,
  // ?6 the text that it replaces
  replace: `WITH ${CLOCK} UPDATE facts SET text = $4::text, expires_at = clock.expires_at FROM clock
    WHERE realm = $2::text AND key = $3::text AND text = $6::text AND facts.expires_at > clock.at RETURNING key`,
  // ?1 realm ?2 key
  remove: `DELETE FROM facts WHERE realm = $1::text AND key = $2::text`,
  // ?1 now, or null ?2 realm
  list: `SELECT key, text FROM facts WHERE realm = $2::text AND expires_at > ${now(1)} ORDER BY key`,
  // ?1 now, or null ?2 the most
  expire: `DELETE FROM facts WHERE (realm, key) IN (
      SELECT realm, key FROM facts WHERE expires_at <= ${now(1)} LIMIT $2::bigint)`,
} as const;

/** `run`: runs `work` as a call of the store, with the time, or null for the server's clock. */
export function factsOn(
  client: Client,
  run: <T>(work: (time: number | null) => Promise<T>) => Promise<T>,
): Facts {
  return {
    put: (fact, over) =>
      run(async (time) => {
        const { realm, key, text, livesMs } = checkedFact(fact);
        const values = [time, realm, key, text, livesMs];
        const rows = over === null
          ? client.query(FACTS.add, [...values, MAX_FACTS - 1])
          : client.query(FACTS.replace, [...values, over]);
        return (await rows).length === 1;
      }),
    remove: (realm, key) => run(async () => void await client.query(FACTS.remove, [realm, key])),
    list: (realm) =>
      run(async (time) =>
        (await client.query(FACTS.list, [time, realm])).map(({ key, text }) => ({
          key: toText(key),
          text: toText(text),
        }))
      ),
  };
}

/** Part of the upkeep. */
export async function removeExpired(client: Client, time: number | null): Promise<void> {
  await client.query(FACTS.expire, [time, MAX_EXPIRED]);
}
