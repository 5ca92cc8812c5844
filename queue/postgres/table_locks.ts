/** Whether another session has locked, or waits to lock, a table or an index of the queue in a mode that excludes writes. */
export const TABLES_ARE_FREE =
  `SELECT NOT EXISTS (SELECT 1 FROM pg_locks JOIN pg_class ON pg_class.oid = pg_locks.relation
    WHERE pg_locks.locktype = 'relation'
      AND pg_locks.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
      AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND pg_class.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())) AS are_free`;
