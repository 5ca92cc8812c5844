-- The jobs, one row each. STRICT and the CHECKs guard against edits by hand; the defaults let an INSERT by hand give only
-- the id.
CREATE TABLE jobs (
  seq            INTEGER PRIMARY KEY AUTOINCREMENT,
  id             TEXT    NOT NULL UNIQUE CHECK (length(id) BETWEEN 1 AND 2000),
  kind           TEXT    NOT NULL DEFAULT 'file' CHECK (length(kind) BETWEEN 1 AND 64),
  status         TEXT    NOT NULL DEFAULT 'PENDING'
                 CHECK (status IN ('PENDING', 'PROCESSING', 'COMPLETED', 'FAILED', 'UNPROCESSABLE', 'CANCELED')),
  priority       INTEGER NOT NULL DEFAULT 0 CHECK (priority BETWEEN -100 AND 100),
  run_at         INTEGER NOT NULL DEFAULT 0,
  retries        INTEGER NOT NULL DEFAULT 0 CHECK (retries >= 0),
  crashes        INTEGER NOT NULL DEFAULT 0 CHECK (crashes >= 0),
  suspect        INTEGER NOT NULL DEFAULT 0 CHECK (suspect IN (0, 1)),
  lease          INTEGER NOT NULL DEFAULT 0,
  consumer_id    TEXT,
  last_heartbeat INTEGER,
  started_at     INTEGER,
  finished_at    INTEGER,
  created_at     INTEGER NOT NULL DEFAULT (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)),
  updated_at     INTEGER NOT NULL DEFAULT (CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)),
  payload        TEXT    NOT NULL DEFAULT 'null' CHECK (json_valid(payload)),
  result         TEXT,
  error          TEXT
) STRICT;

-- The line of waiting jobs in the order in which they are claimed. Partial, so that finished jobs cost a claim nothing.
CREATE INDEX jobs_claim ON jobs (priority DESC, run_at, seq) WHERE status = 'PENDING' AND suspect = 0;
CREATE INDEX jobs_suspects ON jobs (crashes, priority DESC, run_at, seq) WHERE status = 'PENDING' AND suspect = 1;

-- Running jobs: a few dozen rows, for the sweep. Finished jobs, for pages by status. Two indexes, because a single one for
-- both made claim and complete 1.5 times as slow (each job entered it twice and left it once).
CREATE INDEX jobs_processing ON jobs (seq) WHERE status = 'PROCESSING';
CREATE INDEX jobs_finished ON jobs (status, seq) WHERE status NOT IN ('PENDING', 'PROCESSING');

-- What happened to a job apart from the plain path.
CREATE TABLE history (
  n           INTEGER PRIMARY KEY,
  seq         INTEGER NOT NULL,
  at          INTEGER NOT NULL,
  event       TEXT    NOT NULL,
  lease       INTEGER NOT NULL,
  retries     INTEGER NOT NULL,
  consumer_id TEXT,
  detail      TEXT
) STRICT;

CREATE INDEX history_by_job ON history (seq, n);

-- Counts per status, kept by triggers so that they include edits by hand.
CREATE TABLE job_counts (status TEXT PRIMARY KEY, n INTEGER NOT NULL) STRICT, WITHOUT ROWID;

INSERT INTO job_counts (status, n)
VALUES ('PENDING', 0), ('PROCESSING', 0), ('COMPLETED', 0), ('FAILED', 0), ('UNPROCESSABLE', 0), ('CANCELED', 0);

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

-- A claim (the only write that raises the lease) takes a waiting job or nothing: no bug of ours can reopen a finished one.
CREATE TRIGGER jobs_claimed_only_when_pending BEFORE UPDATE OF lease ON jobs
WHEN NEW.lease <> OLD.lease AND OLD.status <> 'PENDING' BEGIN
  SELECT RAISE(ABORT, 'only a PENDING job can be claimed');
END;
