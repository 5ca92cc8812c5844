/** Whether the server keeps what it acknowledges: checked at the start, and about once a minute. */
import { type QueueError, StorageError } from "../errors.ts";
import type { StoreStats } from "../store.ts";
import type { Client } from "./client.ts";
import { isForbidden } from "./faults.ts";
import { items } from "./replies.ts";

const RECHECK_MS = 60_000;

interface Settings {
  readonly maxmemory: string | undefined;
  readonly policy: string | undefined;
  /** Empty: no snapshot is ever made. Undefined: the user may not read it. */
  readonly save: string | undefined;
  readonly appendonly: string | undefined;
  /** Undefined: the user may not read it. */
  readonly appendfsync: string | undefined;
  /** Whether it does not sync its log while it rewrites it or saves a snapshot. */
  readonly pauses: string | undefined;
}

type Facts = Pick<StoreStats, "durability" | "warnings">;

export class DurabilityWatch {
  #facts: Facts = { durability: "unknown", warnings: [] };
  #lookedAt = -Infinity;

  get facts(): Facts {
    return this.#facts;
  }

  /** @throws {StorageError} if the server would evict jobs to make room */
  async look(client: Client): Promise<void> {
    if (performance.now() - this.#lookedAt < RECHECK_MS) return;
    const settings = await settingsOf(client);
    this.#lookedAt = performance.now();
    assertKeepsJobs(settings, client.place);
    this.#facts = factsOf(settings);
  }
}

function assertKeepsJobs({ maxmemory, policy }: Settings, place: string): void {
  if (maxmemory === undefined || maxmemory === "0" || policy === undefined || policy === "noeviction") return;
  throw new StorageError(
    `Redis at ${place} would remove jobs when its memory is full: set maxmemory-policy to noeviction, it is ${policy}.`,
  );
}

function factsOf({ save, appendonly, appendfsync, pauses }: Settings): Facts {
  if (appendonly === "no" && save === "") {
    const warning =
      "Redis keeps jobs in memory alone, and all of them are lost when the server stops or dies: set appendonly yes and appendfsync always.";
    return { durability: "none", warnings: [warning] };
  }
  if (appendonly === "no") {
    const warning =
      "Redis keeps jobs in memory, and those since its last snapshot are lost when the server or its machine dies: set appendonly yes and appendfsync always.";
    return { durability: "snapshot", warnings: [warning] };
  }
  if (appendonly === undefined || appendfsync === undefined) {
    const warning =
      "Redis does not say how it keeps jobs, so those of the last second may be lost when the server or its machine dies: see that appendonly is yes and appendfsync is always.";
    return { durability: "unknown", warnings: [warning] };
  }
  const advice = [
    ...appendfsync === "always" ? [] : ["appendfsync always"],
    ...pauses === "yes" ? ["no-appendfsync-on-rewrite no"] : [],
  ];
  if (advice.length === 0) return { durability: "power_loss", warnings: [] };
  // The operating system writes on its own after about half a minute.
  const span = appendfsync === "everysec" && pauses !== "yes" ? "the last second" : "half a minute";
  const warning = `Jobs of up to ${span} may be lost when the machine of Redis dies: set ${
    advice.join(" and ")
  }.`;
  return { durability: "crash", warnings: [warning] };
}

async function settingsOf(client: Client): Promise<Settings> {
  const names = [
    "maxmemory",
    "maxmemory-policy",
    "save",
    "appendonly",
    "appendfsync",
    "no-appendfsync-on-rewrite",
  ];
  try {
    const pairs = items(await client.command("CONFIG", "GET", ...names)).map(String);
    const valueOf = (name: string) => {
      const at = pairs.indexOf(name);
      return at === -1 ? undefined : pairs[at + 1];
    };
    return {
      maxmemory: valueOf("maxmemory"),
      policy: valueOf("maxmemory-policy"),
      save: valueOf("save"),
      appendonly: valueOf("appendonly"),
      appendfsync: valueOf("appendfsync"),
      pauses: valueOf("no-appendfsync-on-rewrite"),
    };
  } catch (error) {
    return await settingsFromInfo(client, error);
  }
}

/** Managed Redis services forbid CONFIG, but not INFO, which says less. */
async function settingsFromInfo(client: Client, why: unknown): Promise<Settings> {
  if (!isForbidden((why as QueueError).cause)) throw why;
  const info = await client.command("INFO").then(String).catch(() => "");
  const valueOf = (name: string) => new RegExp(`^${name}:(\\S*)`, "m").exec(info)?.[1];
  const aof = valueOf("aof_enabled");
  return {
    maxmemory: valueOf("maxmemory"),
    policy: valueOf("maxmemory_policy"),
    save: undefined,
    appendonly: aof === undefined ? undefined : aof === "1" ? "yes" : "no",
    appendfsync: undefined,
    pauses: undefined,
  };
}
