/**
 * Fault Q: a million jobs wait. A claim costs the same as with a thousand, nothing that the running supervisor does goes
 * through all of them, pages respond at once, and a start is fast too.
 */
import { DatabaseSync } from "node:sqlite";
import { openStore, type Store } from "@persistent-queue/queue";
import { toCursor } from "../../queue/storing/cursor.ts";
import { claim } from "../../queue/sqlite/claim.ts";
import { prepareAll } from "../../queue/sqlite/statements.ts";
import { quantile } from "../bench/quantile.ts";
import { fillBacklog, plansOf } from "./backlog/database.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { type Expect, violationsOf } from "../support/faults/violations.ts";
import type { Fault } from "./fault.ts";

const FEW = 1_000;
const MANY = 1_000_000;
const VERY_MANY = 10_000_000;
const MAX_TIMES_SLOWER = 3;
/** The targets are 3 s and 200 ms, and the figures are printed; these limits only catch a collapse. */
const STARTED_WITHIN_MS = 15_000;
const ANSWERED_WITHIN_MS = 1_000;

export const backlog: Fault = {
  letter: "Q",
  about: "SQLite",
  title: "a million jobs wait, and in the long run ten million",
  tries: { each: 1, long: 2 },
  async *attempts() {
    for (let n = 0;; n++) {
      yield await violationsOf((expect) => letWait(n === 0 ? MANY : VERY_MANY, expect));
    }
  },
};

async function letWait(count: number, expect: Expect): Promise<void> {
  await using folder = await tempFolder();
  const [few, many] = [folder.file("few.db"), folder.file("many.db")];
  await fillBacklog(few, FEW);
  await fillBacklog(many, count);
  for (const path of [few, many]) {
    const since = performance.now();
    const store = await openStore(`sqlite:${path}`, "owner");
    const ms = performance.now() - since;
    if (path === many) console.log(`a start where ${count} jobs wait: ${Math.round(ms)} ms`);
    expect(ms < STARTED_WITHIN_MS, `the start took ${Math.round(ms)} ms`);
    if (path === many) await expectAnswers(store, timeScan(path), expect);
    await store.close();
    expectNoScan(path, expect);
  }
  for (const limit of [1, 8]) {
    const [base = [], loaded = []] = timeClaims([few, many], limit);
    console.log(
      `a claim of ${limit}: ${inWords(base)} where ${FEW} jobs wait, ${inWords(loaded)} where ${count} do`,
    );
    const times = quantile(loaded, 0.5) / quantile(base, 0.5);
    expect(times <= MAX_TIMES_SLOWER, `a claim of ${limit} takes ${times.toFixed(1)} times as long`);
  }
}

/** The statements that may scan a whole index: of the few running or suspect jobs, or up to the first entry. */
const SCANS: Readonly<Record<string, RegExp>> = {
  topLevel: /COVERING INDEX jobs_claim$/,
  claimSuspect: /COVERING INDEX jobs_suspects$/,
  orphansOfSilent: /INDEX jobs_processing$/,
  orphansOfProcess: /INDEX jobs_processing$/,
  orphansOfNone: /INDEX jobs_processing$/,
  silent: /INDEX jobs_processing$/,
  // Used only if at most a few thousand jobs wait.
  listFewWaiting: /COVERING INDEX jobs_(claim|suspects|parked)$/,
  // Up to the requested number of places.
  suspectPlaces: /COVERING INDEX jobs_suspects$/,
  parkedPlaces: /INDEX jobs_parked$/,
  // While a job cannot be claimed: up to the requested number.
  suspectsDue: /INDEX jobs_suspects$/,
};

/** All jobs are recounted at the start and by checks, and waiting ones are scanned after a clock rollback. */
const isRare = (name: string) => /count|keepDue|shiftRetries/i.test(name);

function expectNoScan(path: string, expect: Expect): void {
  for (const { name, steps } of plansOf(path)) {
    for (const step of steps) {
      const isScan = /^SCAN (jobs|history)|TEMP B-TREE/.test(step);
      expect(!isScan || isRare(name) || SCANS[name]?.test(step) === true, `${name}: ${step}`);
    }
  }
}

/** How long claims take on the thread, in milliseconds, alternating between the databases. Nothing is written. */
function timeClaims(paths: readonly string[], limit: number): number[][] {
  using stack = new DisposableStack();
  const claims = paths.map((path) => {
    const db = stack.use(new DatabaseSync(path));
    db.exec("BEGIN");
    const sql = prepareAll(db);
    return () =>
      claim(sql, [{ consumerId: "c", limit, suspect: false }], {
        now: Date.now(),
        process: null,
        parking: null,
      });
  });
  const rounds = Array.from({ length: 100 }, () =>
    claims.map((claimSome) => {
      const since = performance.now();
      claimSome();
      return performance.now() - since;
    }));
  return paths.map((_, i) => rounds.map((round) => round[i] ?? 0));
}

function inWords(ms: readonly number[]): string {
  const [median, p99] = [0.5, 0.99].map((q) => `${quantile(ms, q).toFixed(3)} ms`);
  return `${median} (p99 ${p99})`;
}

/** The current cost of a scan of all jobs on this machine. */
function timeScan(path: string): number {
  using db = new DatabaseSync(path, { readOnly: true });
  const since = performance.now();
  db.prepare("SELECT count(*) FROM jobs WHERE length(payload) > 1000").get();
  return performance.now() - since;
}

/** Queries of the store that opened the database, with everything that it keeps in memory. */
async function expectAnswers(store: Store, scanMs: number, expect: Expect): Promise<void> {
  const silent = { alive: { agoMs: 30_000, aheadMs: 0 }, held: [], limit: 500 };
  const questions: Readonly<Record<string, () => Promise<unknown>>> = {
    "the first page": () => store.list({ limit: 50 }),
    "a page in the middle": () => store.list({ limit: 50, cursor: toCursor(MANY / 2) }),
    "what waits": () => store.list({ limit: 50, statuses: ["PENDING"] }),
    "what has failed": () => store.list({ limit: 50, statuses: ["FAILED"] }),
    "an unused kind": () => store.list({ limit: 50, kind: "nobody" }),
    "a part of an id that matches none": () => store.list({ limit: 50, search: "nobody" }),
    "what is silent": () => store.list({ limit: 50, silentForMs: 0 }),
    "one job": () => store.get("job 500000"),
    "the counts": () => store.stats({ silentForMs: 30_000 }),
    "the sweep": () => store.orphans(silent),
    "a step of pruning": () => store.prune({ olderThanMs: 0, after: 0, limit: 200 }),
  };
  for (const [what, ask] of Object.entries(questions)) {
    const ms = Math.min(await timed(ask), await timed(ask), await timed(ask));
    const isQuick = ms < ANSWERED_WITHIN_MS && ms < scanMs / 4;
    expect(isQuick, `${what} took ${ms.toFixed(1)} ms, to go through all jobs ${scanMs.toFixed(1)} ms`);
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const since = performance.now();
  await work();
  return performance.now() - since;
}
