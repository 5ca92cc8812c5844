-- The numbers of jobs are the server's alone: one that an edit by hand gave a job could be out of every list's reach, or be
-- in the way of a later job. Jobs with such a number get the next ones, and later jobs get numbers behind all others.
SELECT setval(numbers.name, present.last)
FROM (SELECT pg_get_serial_sequence('jobs', 'seq')::regclass AS name) AS numbers,
  (SELECT max(seq) AS last FROM jobs WHERE seq BETWEEN 1 AND 4503599627370496) AS present
WHERE present.last > coalesce(pg_sequence_last_value(numbers.name), 0);

WITH renumbered AS MATERIALIZED (
    SELECT seq AS old, nextval(pg_get_serial_sequence('jobs', 'seq')) AS new FROM jobs
    WHERE seq NOT BETWEEN 1 AND 4503599627370496),
  lines AS (UPDATE history SET seq = new FROM renumbered WHERE history.seq = old)
UPDATE jobs SET seq = new FROM renumbered WHERE jobs.seq = old;

ALTER TABLE jobs ALTER COLUMN seq SET GENERATED ALWAYS;
