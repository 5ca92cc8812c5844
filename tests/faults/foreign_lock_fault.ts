/**
 * Fault M: another program holds a transaction open for longer than any write waits. Reads still work, the
 * pages say why nothing is written, and when it ends the work continues by itself: nothing is lost, and no
 * job is charged.
 */
import { DatabaseSync } from "node:sqlite";
import { problemsAt } from "../support/faults/problems_at.ts";
import type { Random } from "../support/random.ts";
import { addFile, type RunningSystem, runSystem } from "../support/processes/running_system.ts";
import { type Expect, violationsOf } from "../support/faults/violations.ts";
import type { Fault } from "./fault.ts";

const SWEEP_MS = 1_000;
const WORK_MS = 300;
/** How long a write waits before its failure is reported, with some margin. */
const TOLD_WITHIN_MS = 7_000;
const ANSWERED_WITHIN_MS = 1_000;
const BACK_WITHIN_MS = SWEEP_MS + WORK_MS + 1_000;
/** The longest pause between two attempts to store an outcome is 5 s. */
const STORED_WITHIN_MS = 6_500;

interface Hold {
  readonly how: "IMMEDIATE" | "EXCLUSIVE";
  readonly ms: number;
}

/** Concurrently, because they mostly wait. */
const HOLDS: readonly Hold[] = [
  { how: "IMMEDIATE", ms: 60_000 },
  ...Array.from({ length: 3 }, () => ({ how: "EXCLUSIVE", ms: 5_000 } as const)),
];

export const foreignLock: Fault = {
  letter: "M",
  about: "SQLite",
  title: "another program keeps a transaction open for 60 s, or an exclusive one for 5 s",
  tries: { each: HOLDS.length, long: 3 * HOLDS.length },
  async *attempts(random) {
    for (;;) {
      const tries = HOLDS.map((hold) => violationsOf((expect) => lockOut(hold, random, expect)));
      try {
        for (const one of tries) yield await one;
      } finally {
        await Promise.all(tries);
      }
    }
  },
};

async function lockOut({ how, ms }: Hold, random: Random, expect: Expect): Promise<void> {
  await using system = await runSystem({
    command: "supervise",
    env: { WORK_MS: String(WORK_MS), HEARTBEAT_MS: "200", SWEEP_MS: String(SWEEP_MS), STALL_MS: "3000" },
  });
  const look = await visitorOf(system);
  const inHand = [await addFile(system, "in hand 0.txt"), await addFile(system, "in hand 1.txt")];
  for (const id of inHand) await system.until(id, "PROCESSING");
  const waiting = [await addFile(system, "waiting 0.txt"), await addFile(system, "waiting 1.txt")];
  await sleep(random.below(WORK_MS));

  const path = `${system.folder}/data/queue.db`;
  using other = new DatabaseSync(path, { timeout: 2_000 });
  other.exec(`BEGIN ${how}`);
  const asked = addMeanwhile(system, expect);
  const wasTold = await lookOn(look, ms - random.below(500), expect);
  expect(wasTold || ms < TOLD_WITHIN_MS, "no page said why nothing is written");
  other.exec("COMMIT");

  for (const id of waiting) await system.until(id, "COMPLETED", BACK_WITHIN_MS);
  const added = [...inHand, ...waiting, ...await asked];
  for (const id of added) await system.until(id, "COMPLETED", STORED_WITHIN_MS);
  await system.healthy(BACK_WITHIN_MS);
  for (const id of added) {
    const { lease, crashes, retries } = await system.job(id);
    expect(lease === 1 && crashes === 0 && retries === 0, `${id}: lease ${lease}, ${crashes} crashes`);
  }
  const problems = await problemsAt(`sqlite:${path}`, { drained: true, ledger: { added, completed: added } });
  expect(problems.length === 0, problems.join(" "));
}

/** Returns what was acknowledged: jobs are stored once the lock is gone, or refused with a sentence. */
async function addMeanwhile(system: RunningSystem, expect: Expect): Promise<string[]> {
  const id = "data/files/meanwhile.txt";
  await Deno.writeTextFile(`${system.folder}/${id}`, "made by a test\n");
  const response = await system.api("jobs", { id });
  const words = await response.text();
  if (response.status === 201) return [id];
  expect(
    response.status === 503 && /locked by another program/.test(words),
    `the job was answered with ${words}`,
  );
  return [];
}

/** Requests every page repeatedly for `forMs`. Returns whether one reported the lock. */
async function lookOn(look: (page: Page) => Promise<Seen>, forMs: number, expect: Expect): Promise<boolean> {
  let wasTold = false;
  for (const end = performance.now() + forMs; performance.now() < end;) {
    for (const page of PAGES) {
      const { status, text, ms } = await look(page);
      expect(ms < ANSWERED_WITHIN_MS, `${page} took ${Math.round(ms)} ms`);
      if (page !== "ops/healthz") expect(status === 200, `${page} answered ${status}`);
      else if (status === 503) wasTold ||= /locked by another program/.test(text);
    }
    await sleep(Math.max(0, Math.min(400, end - performance.now())));
  }
  return wasTold;
}

const PAGES = [
  "ops/healthz",
  "ops/",
  "ops/metrics",
  "manager/",
  "manager/consumers",
  "manager/api/stats",
] as const;

type Page = typeof PAGES[number];

interface Seen {
  readonly status: number;
  readonly text: string;
  readonly ms: number;
}

/** A visitor with a session. */
async function visitorOf({ manager, ops }: RunningSystem): Promise<(page: Page) => Promise<Seen>> {
  const body = new URLSearchParams({ password: "admin123" });
  const welcome = await fetch(`${manager}/login`, { method: "POST", body, redirect: "manual" });
  await welcome.body?.cancel();
  const cookie = welcome.headers.get("set-cookie")?.split(";")[0] ?? "";
  return async (page) => {
    const since = performance.now();
    const url = page.replace(/^manager/, manager).replace(/^ops/, ops);
    const response = await fetch(url, { headers: { cookie }, redirect: "manual" });
    return { status: response.status, text: await response.text(), ms: performance.now() - since };
  };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
