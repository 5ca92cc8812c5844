/** Ctrl+C, SIGTERM, and SIGHUP of a terminal that closes: the first asks for a clean stop, a second one ends at once. */

/** Under `deno task` one Ctrl+C arrives twice within milliseconds, so a second one counts only when it is later. */
const SAME_KEY_MS = 1_000;

/** Calls `onFirst` once, and `onSecond` if somebody insists. */
export function whenAskedToStop({ onFirst, onSecond }: { onFirst: () => void; onSecond: () => void }): void {
  let firstAt: number | null = null;
  const onSignal = () => {
    if (firstAt === null) {
      firstAt = performance.now();
      onFirst();
    } else if (performance.now() - firstAt > SAME_KEY_MS) onSecond();
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) Deno.addSignalListener(signal, onSignal);
}
