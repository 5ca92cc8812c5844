-- The processes on the queue, one row each. A clean stop removes the row, so a row without a living process was left behind
-- by a dead one, and so were its jobs. `owner`: the process holds the lock, so the next owner knows that it is dead.
CREATE TABLE processes (
  n          INTEGER PRIMARY KEY AUTOINCREMENT,
  id         TEXT    NOT NULL UNIQUE,
  host       TEXT    NOT NULL,
  pid        INTEGER NOT NULL,
  version    TEXT    NOT NULL,
  owner      INTEGER NOT NULL CHECK (owner IN (0, 1)),
  started_at INTEGER NOT NULL,
  seen_at    INTEGER NOT NULL
) STRICT;

-- The process that claimed the job last, by its `n`: a small number, because each claim writes it.
ALTER TABLE jobs ADD COLUMN process INTEGER;
