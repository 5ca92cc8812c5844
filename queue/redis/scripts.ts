/** The scripts: each is one verb, and atomic. The server keeps them; one that has forgotten them is given them again. */
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
import wholes from "./scripts/wholes.lua" with { type: "text" };
import wholeJobs from "./scripts/whole_jobs.lua" with { type: "text" };
import { WORDS } from "./words.ts";

export interface Script {
  readonly text: string;
  readonly sha: string;
}

/** Runs on a replica, on a full disk and in full memory. */
const READS = "flags=no-writes";
/** Adds no job, so it runs in full memory too: work that was begun ends, and what is old is removed. */
const KEEPS_ON = "flags=allow-oom";
/** Refused before it begins if the memory or the disk is full. */
const ADDS = "";

function script(flags: string, ...parts: string[]): Script {
  const text = [`#!lua ${flags}`.trim(), WORDS, prelude, ...parts].join("\n");
  return { text, sha: createHash("sha1").update(text).digest("hex") };
}

export const SCRIPTS = {
  begin: script(ADDS, begin),
  upgrade: script(KEEPS_ON, upgrade),
  insert: script(ADDS, history, reading, insert),
  claim: script(KEEPS_ON, suspects, claim),
  setBack: script(KEEPS_ON, suspects, setBack),
  renew: script(KEEPS_ON, renew),
  settle: script(KEEPS_ON, history, settle),
  move: script(KEEPS_ON, history, reading, move),
  orphans: script(READS, orphans),
  prune: script(KEEPS_ON, prune),
  get: script(READS, reading, get),
  getMany: script(READS, reading, getMany),
  list: script(READS, reading, list),
  line: script(READS, suspects, line),
  stats: script(READS, suspects, stats),
  knownKinds: script(READS, knownKinds),
  check: script(READS, suspects, check),
  dump: script(READS, wholes, dump),
  wholeJobs: script(READS, wholes, wholeJobs),
  restore: script(ADDS, restore),
  join: script(KEEPS_ON, serving, join),
  noteKinds: script(KEEPS_ON, noteKinds),
  beat: script(KEEPS_ON, serving, beat),
  leave: script(KEEPS_ON, leave),
  processes: script(KEEPS_ON, serving, processes),
  putFact: script(KEEPS_ON, facts, putFact),
  removeFact: script(KEEPS_ON, facts, removeFact),
  listFacts: script(READS, listFacts),
  expireFacts: script(KEEPS_ON, facts, expireFacts),
} as const;
