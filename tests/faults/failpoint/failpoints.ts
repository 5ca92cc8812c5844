/**
 * Where a process may die with something half done: each step in the life of a job, before and after it is
 * durable.
 */
import type { Point } from "./failpoint.ts";

/** From an empty folder: the database is being created. */
export const MAKING: Readonly<Record<string, readonly Point[]>> = {
  "the draft of a database is empty": ["before PRAGMA application_id"],
  "its first schema is created, and not durable": ["after CREATE TABLE jobs"],
  "its first schema is durable": ["after CREATE TABLE jobs", "after COMMIT"],
  "its second schema is created, and not durable": ["after CREATE TABLE jobs_bounded", "before COMMIT"],
  "the draft is complete, and not renamed": ["before rename"],
  "the draft is renamed, and was never opened": ["after rename"],
  "the reserve is written, and not renamed": ["after rename", "before rename"],
};

/** On a database with a past: jobs in flight of a process that died, and old ones. */
export const WORKING: Readonly<Record<string, readonly Point[]>> = {
  "the pages are checked": ["after PRAGMA quick_check"],
  "the journal mode is set": ["after PRAGMA journal_mode"],
  "the process has a row, and that is not durable": ["after join", "before COMMIT"],
  "the process has joined": ["after join", "after COMMIT"],
  "orphans are found": ["after orphansOfProcess"],
  "orphans are free, and the row of their process is not gone": ["after releaseCharged", "before leave"],
  "the row of a dead process is gone": ["after leave", "after COMMIT"],
  "an orphan's history is written, and it is not free": ["after settledLine"],
  "one orphan is free, the other is not": ["after releaseCharged"],
  "orphans are free, and that is not durable": ["after releaseCharged", "before COMMIT"],
  "orphans are free": ["after releaseCharged", "after COMMIT"],
  "a turn has begun": ["before insert"],
  "one of several jobs is inserted": ["after insert"],
  "jobs are inserted, and that is not durable": ["after insert", "before COMMIT"],
  "jobs are inserted, and not acknowledged": ["after insert", "after COMMIT"],
  "many jobs are inserted, and that is not durable": ["after insertMany", "before COMMIT"],
  "many jobs are inserted, and not acknowledged": ["after insertMany", "after COMMIT"],
  "jobs are found for a claim, and not claimed": ["after due"],
  "many jobs are claimed, and that is not durable": ["after claim", "before COMMIT"],
  "many jobs are claimed, and no consumer has them": ["after claim", "after COMMIT"],
  "a job is claimed": ["after claimOne"],
  "a job is claimed, and that is not durable": ["after claimOne", "before COMMIT"],
  "a job is claimed, and no consumer has it": ["after claimOne", "after COMMIT"],
  "a job is completed": ["after complete"],
  "a job is completed, and that is not durable": ["after complete", "before COMMIT"],
  "a job is completed, and not acknowledged": ["after complete", "after COMMIT"],
  "a retry is set, and that is not durable": ["after retry", "before COMMIT"],
  "a retry is set": ["after retry", "after COMMIT"],
  "a job has failed, and that is not durable": ["after fail", "before COMMIT"],
  "a job has used up its retries": ["after exhaust", "after COMMIT"],
  "a heartbeat is renewed, and that is not durable": ["after renew", "before COMMIT"],
  "a job is canceled, and its history does not say so": ["after cancel"],
  "a job is resubmitted, and not acknowledged": ["after resubmit", "after COMMIT"],
  "a job is replaced, and that is not durable": ["after replace", "before COMMIT"],
  "an old job's history is gone, and the job is not": ["after pruneHistory"],
  "old jobs are pruned": ["after pruneJob", "after COMMIT"],
  "a backup is written, and not checked": ["before PRAGMA integrity_check"],
  "a backup is checked, and not renamed": ["after PRAGMA integrity_check", "before rename"],
  "the process leaves, and that is not durable": ["after leave", "after leave", "before COMMIT"],
  "the process has left": ["after leave", "after leave", "after COMMIT"],
  "the log is about to be checkpointed": ["before shrinkLog"],
  "the log is checkpointed": ["after shrinkLog"],
  "the database is closed, and its lock held": ["after shrinkLog", "after close"],
};

/** The recovery after a death, which every start passes. */
export const RECOVERING: readonly (readonly Point[])[] = [
  ["before PRAGMA application_id"],
  ["after PRAGMA synchronous"],
  ["after wrongCounts"],
  ["after join", "before COMMIT"],
  ["after join", "after COMMIT"],
  ["before orphansOfNone"],
  ["after orphansOfNone"],
  ["after orphansOfNone", "before COMMIT"],
  ["after orphansOfNone", "after COMMIT"],
  // Of the dead process, or of this one when it stops.
  ["after leave", "before COMMIT"],
  ["after leave", "after COMMIT"],
];
