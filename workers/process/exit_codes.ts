/** The exit codes of the process, after sysexits.h. */
export const EXIT = {
  ok: 0,
  /** The storage cannot be used: an operator must act. */
  storage: 74,
  /** Threads hang that cannot be ended: the process should be restarted. */
  wedged: 75,
  /** The settings are wrong: an operator must act. */
  configuration: 78,
} as const;
