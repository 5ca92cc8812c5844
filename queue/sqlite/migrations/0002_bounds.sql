-- Bounds for every number, because an edit by hand may write what our programs cannot read back: a `run_at` of 2^63 stopped
-- all claims. SQLite adds a CHECK only to a new table, so the jobs move to one; numbers out of bounds become the nearest
-- allowed ones. Indexes and triggers that were added to the old table by hand are lost.
CREATE TABLE jobs_bounded (
  seq            INTEGER PRIMARY KEY AUTOINCREMENT CHECK (seq BETWEEN -9007199254740991 AND 9007199254740991),
  id             TEXT    NOT NULL UNIQUE CHECK (length(id) BETWEEN 1 AND 2000),
  kind           TEXT    NOT NULL DEFAULT 'file' CHECK (length(kind) BETWEEN 1 AND 64),
  status         TEXT    NOT NULL DEFAULT 'PENDING'
                 CHECK (status IN ('PENDING', 'PROCESSING', 'COMPLETED', 'FAILED', 'UNPROCESSABLE', 'CANCELED')),
  priority       INTEGER NOT NULL DEFAULT 0 CHECK (priority BETWEEN -100 AND 100),
  run_at         INTEGER NOT NULL DEFAULT 0 CHECK (run_at BETWEEN 0 AND 8640000000000000),
  retries        INTEGER NOT NULL DEFAULT 0 CHECK (retries BETWEEN 0 AND 1000000),
  crashes        INTEGER NOT NULL DEFAULT 0 CHECK (crashes BETWEEN 0 AND 1000000),
  suspect        INTEGER NOT NULL DEFAULT 0 CHECK (suspect IN (0, 1)),
  lease          INTEGER NOT NULL DEFAULT 0 CHECK (lease BETWEEN 0 AND 9007199254740991),
  consumer_id    TEXT,
  last_heartbeat INTEGER CHECK (last_heartbeat BETWEEN 0 AND 8640000000000000),
  started_at     INTEGER CHECK (started_at BETWEEN 0 AND 8640000000000000),
  finished_at    INTEGER CHECK (finished_at BETWEEN 0 AND 8640000000000000),
  created_at     INTEGER NOT NULL DEFAULT (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER))
                 CHECK (created_at BETWEEN 0 AND 8640000000000000),
  updated_at     INTEGER NOT NULL DEFAULT (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER))
                 CHECK (updated_at BETWEEN 0 AND 8640000000000000),
  payload        TEXT    NOT NULL DEFAULT 'null' CHECK (json_valid(payload)),
  result         TEXT,
  error          TEXT
) STRICT;

INSERT INTO jobs_bounded (seq, id, kind, status, priority, run_at, retries, crashes, suspect, lease, consumer_id,
  last_heartbeat, started_at, finished_at, created_at, updated_at, payload, result, error)
SELECT seq, id, kind, status, priority, max(0, min(run_at, 8640000000000000)), min(retries, 1000000),
  min(crashes, 1000000), suspect, max(0, min(lease, 9007199254740991)), consumer_id,
  max(0, min(last_heartbeat, 8640000000000000)), max(0, min(started_at, 8640000000000000)),
  max(0, min(finished_at, 8640000000000000)), max(0, min(created_at, 8640000000000000)),
  max(0, min(updated_at, 8640000000000000)), payload, result, error
FROM jobs ORDER BY seq;

-- A number is never used twice, not even that of a job which is long gone.
DELETE FROM sqlite_sequence WHERE name = 'jobs_bounded';
INSERT INTO sqlite_sequence (name, seq) SELECT 'jobs_bounded', seq FROM sqlite_sequence WHERE name = 'jobs';

DROP TABLE jobs;
ALTER TABLE jobs_bounded RENAME TO jobs;

-- As in 0001: they were dropped with the old table.
CREATE INDEX jobs_claim ON jobs (priority DESC, run_at, seq) WHERE status = 'PENDING' AND suspect = 0;
CREATE INDEX jobs_suspects ON jobs (crashes, priority DESC, run_at, seq) WHERE status = 'PENDING' AND suspect = 1;
CREATE INDEX jobs_processing ON jobs (seq) WHERE status = 'PROCESSING';
CREATE INDEX jobs_finished ON jobs (status, seq) WHERE status NOT IN ('PENDING', 'PROCESSING');

CREATE TRIGGER jobs_counted_in AFTER INSERT ON jobs BEGIN
  UPDATE job_counts SET n = n + 1 WHERE status = NEW.status;
END;

CREATE TRIGGER jobs_counted_out AFTER DELETE ON jobs BEGIN
  UPDATE job_counts SET n = n - 1 WHERE status = OLD.status;
END;

CREATE TRIGGER jobs_counted_over AFTER UPDATE OF status ON jobs WHEN OLD.status <> NEW.status BEGIN
  UPDATE job_counts SET n = n - 1 WHERE status = OLD.status;
  UPDATE job_counts SET n = n + 1 WHERE status = NEW.status;
END;

CREATE TRIGGER jobs_claimed_only_when_pending BEFORE UPDATE OF lease ON jobs
WHEN NEW.lease <> OLD.lease AND OLD.status <> 'PENDING' BEGIN
  SELECT RAISE(ABORT, 'only a PENDING job can be claimed');
END;
