/** Renews leases, and writes how attempts ended. */
import { type Lease, MAX_TIME, MOVES } from "../job.ts";
import type { Settlement } from "../ending.ts";
import type { Client, Value } from "./client.ts";
import { items } from "./replies.ts";
import { assertSettlements } from "./rules.ts";

export async function renew(
  client: Client,
  leases: readonly Lease[],
  time: number | "",
): Promise<boolean[]> {
  if (leases.length === 0) return [];
  const held = await client.run("renew", [time, ...leases.flatMap(({ seq, lease }) => [seq, lease])]);
  return items(held).map((one) => one === 1);
}

export async function settle(
  client: Client,
  settlements: readonly Settlement[],
  { time, writer }: { readonly time: number | ""; readonly writer: string },
): Promise<boolean[]> {
  if (settlements.length === 0) return [];
  assertSettlements(settlements);
  const held = await client.run("settle", [time, writer, ...settlements.flatMap(valuesOf)]);
  return items(held).map((one) => one === 1);
}

/** In the order in which the script takes them. */
function valuesOf(ending: Settlement): Value[] {
  const { seq, lease, verb, report } = ending;
  const attempt = [report?.ranMs ?? null, report?.detail ?? null, report?.log ?? null];
  switch (ending.verb) {
    case "complete":
      return [seq, lease, verb, ending.result];
    case "retry": {
      const { event, retries, delayMs, detail, error, replacesLine } = ending;
      const wait = Math.min(delayMs, MAX_TIME);
      return [seq, lease, verb, event, retries, wait, detail, error, Number(replacesLine), ...attempt];
    }
    case "exhaust":
    case "fail":
      return [seq, lease, verb, ending.retries, ending.error, ...attempt];
    case "release": {
      const { event, detail, charge, isReaped = false } = ending;
      const { status, crashes, suspect, error } = charge ?? RELEASED;
      const isSuspect = suspect === null ? null : Number(suspect);
      const change = [status, crashes, isSuspect, error];
      return [seq, lease, verb, event, detail, ...change, Number(isReaped), ...attempt];
    }
  }
}

/** Null: stays as it is. */
const RELEASED = { status: MOVES.release.to, crashes: null, suspect: null, error: null };
