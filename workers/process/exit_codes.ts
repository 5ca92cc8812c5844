/** What the process says when it ends, after sysexits.h. */
export const EXIT = {
  ok: 0,
  /** The storage cannot be used: a person must look. */
  storage: 74,
  /** Threads hang that cannot be ended: start me anew. */
  wedged: 75,
  /** The settings are wrong: a person must look. */
  configuration: 78,
} as const;
