-- A job has a number from 1 on, and keeps it. An edit by hand could set one that no list reaches, or the last one, after
-- which no job could be added: jobs with such a number get the next ones.
CREATE TEMP TABLE renumbered AS
SELECT seq AS old, row_number() OVER (ORDER BY seq) + max(
    coalesce((SELECT max(seq) FROM jobs WHERE seq BETWEEN 1 AND 4503599627370496), 0),
    coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'jobs' AND seq BETWEEN 1 AND 4503599627370496), 0)
  ) AS new
FROM jobs WHERE seq < 1 OR seq > 4503599627370496;

UPDATE history SET seq = new FROM renumbered WHERE seq = old;
UPDATE jobs SET seq = new FROM renumbered WHERE seq = old;
UPDATE sqlite_sequence SET seq = max(
    coalesce((SELECT max(seq) FROM jobs), 0),
    coalesce((SELECT max(seq) FROM history WHERE seq <= 4503599627370496), 0)
  ) WHERE name = 'jobs' AND seq > 4503599627370496;
DROP TABLE temp.renumbered;

-- Only the text of the schema is updated, as in 0007: every row is within the bounds now.
PRAGMA writable_schema = ON;

UPDATE sqlite_schema SET sql = replace(sql,
  'CHECK (seq BETWEEN -9007199254740991 AND 9007199254740991)', 'CHECK (seq BETWEEN 1 AND 9007199254740991)')
WHERE type = 'table' AND name = 'jobs';

PRAGMA writable_schema = RESET;

CREATE TRIGGER jobs_renumbered BEFORE UPDATE OF seq ON jobs WHEN NEW.seq <> OLD.seq BEGIN
  SELECT RAISE(ABORT, 'a job keeps its number (seq)');
END;

-- The numbers last for thousands of such steps. Within a statement, `sqlite_sequence` is as it was before it.
CREATE TRIGGER jobs_numbered AFTER INSERT ON jobs
WHEN NEW.seq > 1099511627776
  AND NEW.seq > 1099511627776 + coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'jobs'), 0) BEGIN
  SELECT RAISE(ABORT, 'a number (seq) this far ahead leaves none for later jobs: leave it out');
END;
