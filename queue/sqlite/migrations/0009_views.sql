-- What the process shows of itself: commands beside it accept and report jobs by the kinds that it knows, because they may
-- be started with other handlers.
ALTER TABLE processes ADD COLUMN view TEXT;
