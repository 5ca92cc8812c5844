/**
 * What a thread's own code uses of the runtime, taken before a handler can replace it: a library of fake
 * clocks must not stop the heartbeat.
 */
const { now } = performance;
const { setTimeout, clearTimeout, setImmediate } = globalThis;

export interface Clock {
  /** Monotonic, in milliseconds. */
  readonly now: () => number;
  /** Milliseconds since 1970. */
  readonly wallNow: () => number;
  /** Calls back after `ms`, unless the returned function is called first. */
  readonly after: (ms: number, work: () => void) => () => void;
}

export const clock: Clock = {
  now: () => now.call(performance),
  wallNow: Date.now,
  after: (ms, work) => {
    const timer = setTimeout(work, ms);
    return () => clearTimeout(timer);
  },
};

/** Runs `work` once everything that follows from the current turn is done. */
export const afterwards: (work: () => void) => void = (work) => void setImmediate(work);
