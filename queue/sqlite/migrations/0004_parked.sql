-- A waiting job of a kind that no handler knows is parked: it stays PENDING, but the indexes of the claims leave it out, so
-- that a million of them cost a claim nothing. They are listed by kind. The brackets let SQLite see that the index alone
-- answers a query: of a longer chain of terms it only looks at two.
ALTER TABLE jobs ADD COLUMN parked INTEGER NOT NULL DEFAULT 0 CHECK (parked IN (0, 1));

DROP INDEX jobs_claim;
DROP INDEX jobs_suspects;
CREATE INDEX jobs_claim ON jobs (priority DESC, run_at, seq)
  WHERE status = 'PENDING' AND (suspect = 0 AND parked = 0);
CREATE INDEX jobs_suspects ON jobs (crashes, priority DESC, run_at, seq)
  WHERE status = 'PENDING' AND (suspect = 1 AND parked = 0);
CREATE INDEX jobs_parked ON jobs (kind, seq) WHERE status = 'PENDING' AND parked = 1;
