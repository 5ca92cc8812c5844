import type { Job } from "../job.ts";
import type { Inserted, NewJob } from "../store.ts";
import { foldHistory } from "./history.ts";
import { toJob } from "./rows.ts";
import type { Statements } from "./statements.ts";
import { ValueBudget } from "./values.ts";

export function insert(sql: Statements, jobs: readonly NewJob[]): Inserted[] {
  const budget = new ValueBudget(sql);
  return jobs.map((job) => insertOne(sql, job, budget));
}

function insertOne(sql: Statements, job: NewJob, budget: ValueBudget): Inserted {
  const values = [job.id, job.kind, job.payload, job.priority, job.runAt, job.createdAt] as const;
  const { changes, lastInsertRowid } = sql.insert.run(...values);
  if (changes === 1) return { outcome: "added", job: fresh(job, Number(lastInsertRowid)) };

  const replaced = job.replace ? sql.replace.get(...values) : undefined;
  if (replaced) {
    const detail = job.by === undefined ? "added again" : `added again, by ${job.by}`;
    sql.movedStory.run(job.id, job.createdAt, "replaced", detail);
    const { leftOut: _, ...afresh } = toJob(replaced);
    foldHistory(sql, afresh.seq);
    return { outcome: "replaced", job: { ...afresh, payload: job.payload } };
  }
  const present = budget.fill(toJob(sql.brief.get(job.id) ?? {}));
  const waiting = present.status === "PENDING" || present.status === "PROCESSING";
  if (!waiting) return { outcome: "refused", job: present };
  return {
    outcome: "waiting",
    job: present,
    differs: sql.differs.get(job.id, job.kind, job.payload)?.differs === 1,
  };
}

/** The row as it was just written: reading it back would double the cost of adding. */
function fresh(job: NewJob, seq: number): Job {
  const { id, kind, payload, priority, runAt, createdAt } = job;
  return {
    seq,
    lease: 0,
    id,
    kind,
    payload,
    status: "PENDING",
    priority,
    runAt,
    retries: 0,
    crashes: 0,
    consumerId: null,
    lastHeartbeat: null,
    startedAt: null,
    finishedAt: null,
    error: null,
    result: null,
    canceledFrom: null,
    createdAt,
    updatedAt: createdAt,
  };
}
