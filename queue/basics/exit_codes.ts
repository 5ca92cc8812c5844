/** The exit codes of every process and command, following sysexits.h. The workers and the command line share them. */
export const EXIT = {
  done: 0,
  /** The request was refused, or an unexpected error ended the process: the runtime uses this code too. */
  failed: 1,
  /** The command line makes no sense. */
  usage: 2,
  /** The storage cannot be used: an operator must act. */
  storage: 74,
  /** Threads hang that cannot be ended: the process should be restarted. */
  wedged: 75,
  /** The settings are wrong: an operator must act. */
  configuration: 78,
  /** A signal ended the process at once, or a command halfway: 128 plus the number of SIGINT, as shells report it. */
  interrupted: 130,
} as const;

export type ExitCode = typeof EXIT[keyof typeof EXIT];
