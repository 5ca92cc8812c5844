/** Manual edits of the database with `sqlite3` or `psql`, intended and mistaken. */
import type { Job } from "@persistent-queue/queue";
import { BACKEND } from "../../support/backend.ts";

/** The jobs that exist for it: `new` does not exist yet. */
export type Subject = "waiting" | "running" | "done" | "failed" | "new";

export interface HandEdit {
  readonly on: Subject;
  /** `$id` stands for the id of that job, as a string in SQL. */
  readonly sql: string;
  /** The job afterwards; null = it is gone. */
  readonly shows?: Partial<Job> | null;
  /** A kind without a handler, whose jobs wait for one. */
  readonly parks?: string;
  /** The database's error. The job stays as it was. */
  readonly refusal?: RegExp;
}

const LATER = 8_000_000_000_000;
const NOT_READABLE = "9223372036854775807";

const set = (on: Subject, what: string, shows: Partial<Job>): HandEdit => ({
  ...{ on, sql: `UPDATE jobs SET ${what} WHERE id = $id`, shows },
});

const refused = (on: Subject, what: string, refusal: RegExp): HandEdit => ({
  ...{ on, sql: `UPDATE jobs SET ${what} WHERE id = $id`, refusal },
});

// SQLite says the first, PostgreSQL the others.
const CHECK = /CHECK constraint failed|violates check constraint|invalid input syntax for type json/;
const NULL = /NOT NULL constraint failed|violates not-null constraint/;
const TYPE = /cannot store|invalid input syntax for type integer/;
const UNIQUE = /UNIQUE constraint failed|violates unique constraint/;

const ANYWHERE: readonly HandEdit[] = [
  set("waiting", "status = 'FAILED', retries = 1", { status: "FAILED", retries: 1 }),
  set("failed", "status = 'CANCELED'", { status: "CANCELED" }),
  set("running", "status = 'COMPLETED'", { status: "COMPLETED", lease: 1 }),
  set("running", "status = 'UNPROCESSABLE', retries = 3", { status: "UNPROCESSABLE", retries: 3 }),
  set("running", "last_heartbeat = 1", { status: "PROCESSING", lease: 1 }),
  // These jobs run, again or for the first time.
  set("done", "status = 'PENDING'", { status: "COMPLETED", lease: 2 }),
  set("done", "status = 'PROCESSING'", { status: "COMPLETED", lease: 2 }),
  set("waiting", "run_at = 0", { status: "COMPLETED", lease: 1 }),
  { on: "new", sql: "INSERT INTO jobs (id, kind) VALUES ($id, 'noop')", shows: { status: "COMPLETED" } },
  {
    on: "new",
    sql: "INSERT INTO jobs (id, kind) VALUES ($id, 'nobody')",
    shows: { status: "PENDING" },
    parks: "nobody",
  },

  set("waiting", "priority = 7", { priority: 7 }),
  set("waiting", `payload = '{"by":"hand"}'`, { payload: '{"by":"hand"}' }),
  set("waiting", "lease = 9", { lease: 9 }),
  { on: "waiting", sql: "UPDATE jobs SET id = $id || ' by another name' WHERE id = $id", shows: null },
  { on: "waiting", sql: "DELETE FROM jobs WHERE id = $id", shows: null },
  { on: "running", sql: "DELETE FROM jobs WHERE id = $id", shows: null },

  refused("waiting", "status = 'DONE'", CHECK),
  refused("running", "retries = -1", CHECK),
  refused("done", "id = NULL", NULL),
  refused("waiting", "id = ''", CHECK),
  refused("waiting", `run_at = ${NOT_READABLE}`, CHECK),
  refused("running", `last_heartbeat = ${NOT_READABLE}`, CHECK),
  refused("failed", "retries = 'many'", TYPE),
  refused("done", "payload = '{'", CHECK),
  refused("waiting", "priority = 101", CHECK),
  refused("running", "lease = lease + 1", /only a PENDING job can be claimed/),
  { on: "done", sql: "INSERT INTO jobs (id) VALUES ($id)", refusal: UNIQUE },
];

/** Edits in SQLite's own SQL, or of what PostgreSQL does not have. */
const ON_SQLITE: readonly HandEdit[] = [
  // A result is JSON wherever it is shown: other text becomes a string.
  {
    ...set("done", "finished_at = NULL, result = 'no JSON'", { status: "COMPLETED", result: '"no JSON"' }),
  },
  // No trigger fires for what these replace, so the counts are wrong for a moment.
  {
    on: "waiting",
    sql: `INSERT OR REPLACE INTO jobs (id, kind, run_at) VALUES ($id, 'noop', ${LATER})`,
    shows: { status: "PENDING" },
  },
  {
    on: "failed",
    sql: "INSERT OR REPLACE INTO jobs (id, kind) VALUES ($id, 'noop')",
    shows: { status: "COMPLETED" },
  },
  { on: "done", sql: "UPDATE job_counts SET n = n + 7", shows: { status: "COMPLETED" } },
  {
    on: "done",
    sql: `UPDATE job_counts SET n = ${NOT_READABLE}`,
    shows: { status: "COMPLETED" },
  },
  {
    on: "failed",
    sql: "DELETE FROM job_counts WHERE status = 'FAILED'",
    shows: { status: "FAILED" },
  },
  {
    on: "failed",
    sql: "INSERT INTO job_counts VALUES ('DONE', 1)",
    shows: { status: "FAILED" },
  },
  {
    on: "failed",
    sql: `UPDATE history SET at = ${NOT_READABLE} WHERE seq = (SELECT seq FROM jobs WHERE id = $id)`,
    shows: { status: "FAILED" },
  },
];

export const HAND_EDITS = BACKEND === "sqlite" ? [...ANYWHERE, ...ON_SQLITE] : ANYWHERE;
