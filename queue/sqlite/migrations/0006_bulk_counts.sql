-- While a statement writes many jobs, the triggers that count each job are disabled: a row is added to `counts_asleep` before
-- it and removed after it, and the total is added in one step, all in one transaction. So no other program ever sees the row,
-- a crash leaves nothing behind, and edits by hand are still counted by the triggers.
CREATE TABLE counts_asleep (n INTEGER PRIMARY KEY CHECK (n = 1)) STRICT;

DROP TRIGGER jobs_counted_in;
DROP TRIGGER jobs_counted_over;
CREATE TRIGGER jobs_counted_in AFTER INSERT ON jobs WHEN NOT EXISTS (SELECT 1 FROM counts_asleep) BEGIN
  UPDATE job_counts SET n = n + 1 WHERE status = NEW.status;
END;

CREATE TRIGGER jobs_counted_over AFTER UPDATE OF status ON jobs
WHEN OLD.status <> NEW.status AND NOT EXISTS (SELECT 1 FROM counts_asleep) BEGIN
  UPDATE job_counts SET n = n - 1 WHERE status = OLD.status;
  UPDATE job_counts SET n = n + 1 WHERE status = NEW.status;
END;

-- As in 0001, but AFTER: as a BEFORE trigger it made each claim read the row twice.
DROP TRIGGER jobs_claimed_only_when_pending;
CREATE TRIGGER jobs_claimed_only_when_pending AFTER UPDATE OF lease ON jobs
WHEN NEW.lease <> OLD.lease AND OLD.status <> 'PENDING' BEGIN
  SELECT RAISE(ABORT, 'only a PENDING job can be claimed');
END;
