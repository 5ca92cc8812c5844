-- The three versions of a row fit into the page of the first one, and their index entries into the page of its entry.
ALTER TABLE jobs SET (fillfactor = 50);
ALTER INDEX jobs_pkey SET (fillfactor = 50, deduplicate_items = off);
