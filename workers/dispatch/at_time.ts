/** Timers cannot wait longer than 2^31 ms, and the clock may be set meanwhile: check again after this long. */
const LONGEST_SLEEP_MS = 60_000;

export interface Moment {
  /** In milliseconds of the clock that `now` reads; null = check again after a while. */
  readonly at: number | null;
  readonly now: () => number;
}

/** Calls back at that moment of the clock, never in the same turn. Returns the function that cancels the call. */
export function atTime({ at, now }: Moment, onDue: () => void): () => void {
  let timer: ReturnType<typeof setTimeout>;
  const arm = () => {
    const leftMs = (at ?? now() + LONGEST_SLEEP_MS) - now();
    timer = setTimeout(
      leftMs > LONGEST_SLEEP_MS ? arm : onDue,
      Math.min(Math.max(Math.ceil(leftMs), 1), LONGEST_SLEEP_MS),
    );
  };
  arm();
  return () => clearTimeout(timer);
}
