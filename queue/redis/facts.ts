/** Facts that the processes on the queue share: for each realm a hash of texts, and a sorted set of when they expire. */
import { checkedFact, type Facts, MAX_EXPIRED, MAX_FACTS } from "../facts.ts";
import { toText } from "../storing/rows.ts";
import type { Client } from "./client.ts";
import { items } from "./replies.ts";

/** `run`: runs `work` as a call of the store, with the time, or "" for the server's clock. */
export function factsOn(
  client: Client,
  run: <T>(work: (time: number | "") => Promise<T>) => Promise<T>,
): Facts {
  return {
    put: (fact, over) =>
      run(async (time) => {
        const { realm, key, text, livesMs } = checkedFact(fact);
        return await client.run("putFact", [time, realm, key, text, livesMs, MAX_FACTS, over]) === 1;
      }),
    remove: (realm, key) => run(async () => void await client.run("removeFact", [realm, key])),
    list: (realm) =>
      run(async (time) => {
        const all = items(await client.run("listFacts", [time, realm])).map(toText);
        return all.flatMap((key, i) => i % 2 === 0 ? [{ key, text: all[i + 1] ?? "" }] : []);
      }),
  };
}

/** Part of the upkeep. */
export async function removeExpired(client: Client, time: number | ""): Promise<void> {
  await client.run("expireFacts", [time, MAX_EXPIRED]);
}
