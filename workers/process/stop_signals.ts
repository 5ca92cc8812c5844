/** Ctrl+C, SIGTERM, and SIGHUP of a closing terminal: the first asks for a clean stop, a second ends at once. */

/** Under `deno task` one Ctrl+C arrives twice within milliseconds, so a second signal counts only if it comes later. */
const REPEAT_MS = 1_000;

/** A process started with this argument keeps running when its terminal closes, because it was started by `nohup`. */
export const NOHUP = "--nohup";

/** The signals that ask for a stop. A signal ignored from the start stays ignored, here and in children. */
export function stopSignals(args: readonly string[] = Deno.args): readonly Deno.Signal[] {
  if (!args.includes(NOHUP)) return ["SIGINT", "SIGTERM", "SIGHUP"];
  Deno.addSignalListener("SIGHUP", () => {});
  return ["SIGINT", "SIGTERM"];
}

/** Calls `onFirst` once, and `onSecond` at a second request. */
export function whenAskedToStop({ onFirst, onSecond }: { onFirst: () => void; onSecond: () => void }): void {
  let firstAt: number | null = null;
  const onSignal = () => {
    if (firstAt === null) {
      firstAt = performance.now();
      onFirst();
    } else if (performance.now() - firstAt > REPEAT_MS) onSecond();
  };
  for (const signal of stopSignals()) Deno.addSignalListener(signal, onSignal);
}
