/** What the queue needs of each of its sessions, whatever the server, the database or the user says otherwise. */

/**
 * Plans are made once and cached while the tables grow from nothing to millions of rows. With these settings each plan uses
 * the indexes that its statement was written for, whatever the statistics said when it was made.
 */
const PLANNER = {
  ...{ enable_seqscan: "off", enable_bitmapscan: "off", enable_hashjoin: "off", enable_mergejoin: "off" },
  // No materialized rows between two steps: with them, each of 1,000 completions was compared with every job in flight.
  ...{ enable_material: "off", jit: "off", plan_cache_mode: "force_generic_plan" },
};
/**
 * Seconds after which the server notices that our host is gone, and frees the lock of the process; and milliseconds, for a
 * connection with unacknowledged data: it sends no keep-alives, and the network would retry for a quarter of an hour.
 */
const KEEP_ALIVE = { tcp_keepalives_idle: 5, tcp_keepalives_interval: 2, tcp_keepalives_count: 3 };
const UNACKNOWLEDGED = { tcp_user_timeout: 11_000 };
/** A commit that is acknowledged is on disk, however the server, the database or the user is configured. */
const DURABLE = { synchronous_commit: "on" };

/**
 * Our statements are written for these. At a higher isolation level a transaction that has waited for a lock does not see what
 * the other one did, such as creating the tables.
 */
const MEANINGS = {
  default_transaction_isolation: "read committed",
  standard_conforming_strings: "on",
  array_nulls: "on",
} as const;

/** A statement takes milliseconds. */
export const STATEMENT_MS = 20_000;
/**
 * Shorter than any caller waits for an answer: a statement that still waits for a lock when its caller has given up keeps
 * its connection, and the next one takes another.
 */
const LOCK_MS = 1_000;
/** No transaction of ours waits for anything but its own statements. */
const IDLE_IN_TRANSACTION_MS = 20_000;
const TIMEOUTS = {
  ...{ statement_timeout: STATEMENT_MS, lock_timeout: LOCK_MS },
  idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
};

export const SETTINGS = {
  ...PLANNER,
  ...KEEP_ALIVE,
  ...UNACKNOWLEDGED,
  ...DURABLE,
  ...TIMEOUTS,
  ...MEANINGS,
  TimeZone: "UTC",
};
