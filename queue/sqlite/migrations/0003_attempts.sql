-- What is kept of each attempt that did not complete its job: when the job was claimed, how long its handler ran, the full
-- error, and the lines that the handler logged.
ALTER TABLE history ADD COLUMN taken_at INTEGER;
ALTER TABLE history ADD COLUMN ran_ms INTEGER;
ALTER TABLE history ADD COLUMN report TEXT;
ALTER TABLE history ADD COLUMN log TEXT;

-- The status before a job was canceled: one that failed and was dismissed is not the same as one that never ran.
ALTER TABLE jobs ADD COLUMN canceled_from TEXT
  CHECK (canceled_from IN ('PENDING', 'PROCESSING', 'FAILED', 'UNPROCESSABLE'));
