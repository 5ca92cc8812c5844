/** The scripts: each is one verb, and atomic. The server caches them; a script that it has lost is sent again. */
import { createHash } from "node:crypto";
import beat from "./scripts/beat.lua" with { type: "text" };
import begin from "./scripts/begin.lua" with { type: "text" };
import check from "./scripts/check.lua" with { type: "text" };
import claim from "./scripts/claim.lua" with { type: "text" };
import dump from "./scripts/dump.lua" with { type: "text" };
import expireFacts from "./scripts/expire_facts.lua" with { type: "text" };
import facts from "./scripts/facts.lua" with { type: "text" };
import get from "./scripts/get.lua" with { type: "text" };
import getMany from "./scripts/get_many.lua" with { type: "text" };
import history from "./scripts/history.lua" with { type: "text" };
import insert from "./scripts/insert.lua" with { type: "text" };
import join from "./scripts/join.lua" with { type: "text" };
import knownKinds from "./scripts/known_kinds.lua" with { type: "text" };
import leave from "./scripts/leave.lua" with { type: "text" };
import line from "./scripts/line.lua" with { type: "text" };
import list from "./scripts/list.lua" with { type: "text" };
import listFacts from "./scripts/list_facts.lua" with { type: "text" };
import move from "./scripts/move.lua" with { type: "text" };
import noteKinds from "./scripts/note_kinds.lua" with { type: "text" };
import orphans from "./scripts/orphans.lua" with { type: "text" };
import prelude from "./scripts/prelude.lua" with { type: "text" };
import processes from "./scripts/processes.lua" with { type: "text" };
import prune from "./scripts/prune.lua" with { type: "text" };
import putFact from "./scripts/put_fact.lua" with { type: "text" };
import reading from "./scripts/reading.lua" with { type: "text" };
import removeFact from "./scripts/remove_fact.lua" with { type: "text" };
import renew from "./scripts/renew.lua" with { type: "text" };
import restore from "./scripts/restore.lua" with { type: "text" };
import serving from "./scripts/serving.lua" with { type: "text" };
import setBack from "./scripts/set_back.lua" with { type: "text" };
import settle from "./scripts/settle.lua" with { type: "text" };
import stats from "./scripts/stats.lua" with { type: "text" };
import suspects from "./scripts/suspects.lua" with { type: "text" };
import upgrade from "./scripts/upgrade.lua" with { type: "text" };
import readingWhole from "./scripts/reading_whole.lua" with { type: "text" };
import wholeJobs from "./scripts/whole_jobs.lua" with { type: "text" };
import { LUA_TABLES } from "./lua_tables.ts";

export interface Script {
  readonly text: string;
  readonly sha: string;
}

/** Runs on a replica, and with a full disk or full memory. */
const READS = "flags=no-writes";
/** Adds no job, so it runs with full memory too: work in progress can end, and old jobs can be removed. */
const RUNS_WHEN_FULL = "flags=allow-oom";
/** Refused before it begins if memory or disk is full. */
const ADDS = "";

function script(flags: string, ...parts: string[]): Script {
  const text = [`#!lua ${flags}`.trim(), LUA_TABLES, prelude, ...parts].join("\n");
  return { text, sha: createHash("sha1").update(text).digest("hex") };
}

export const SCRIPTS = {
  begin: script(ADDS, begin),
  upgrade: script(RUNS_WHEN_FULL, upgrade),
  insert: script(ADDS, history, reading, insert),
  claim: script(RUNS_WHEN_FULL, suspects, claim),
  setBack: script(RUNS_WHEN_FULL, suspects, setBack),
  renew: script(RUNS_WHEN_FULL, renew),
  settle: script(RUNS_WHEN_FULL, history, settle),
  move: script(RUNS_WHEN_FULL, history, reading, move),
  orphans: script(READS, serving, orphans),
  prune: script(RUNS_WHEN_FULL, prune),
  get: script(READS, reading, get),
  getMany: script(READS, reading, getMany),
  list: script(READS, reading, list),
  line: script(READS, suspects, line),
  stats: script(READS, suspects, stats),
  knownKinds: script(READS, knownKinds),
  check: script(READS, suspects, check),
  dump: script(READS, readingWhole, dump),
  wholeJobs: script(READS, readingWhole, wholeJobs),
  restore: script(ADDS, restore),
  join: script(RUNS_WHEN_FULL, serving, join),
  noteKinds: script(RUNS_WHEN_FULL, noteKinds),
  beat: script(RUNS_WHEN_FULL, serving, beat),
  leave: script(RUNS_WHEN_FULL, leave),
  processes: script(RUNS_WHEN_FULL, serving, processes),
  putFact: script(RUNS_WHEN_FULL, facts, putFact),
  removeFact: script(RUNS_WHEN_FULL, facts, removeFact),
  listFacts: script(READS, listFacts),
  expireFacts: script(RUNS_WHEN_FULL, facts, expireFacts),
} as const;
