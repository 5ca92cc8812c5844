/**
 * Printing must never fail. If the terminal is closed, or the disk under the output file is full, the runtime's `console`
 * throws in the code that prints: during a stop, a restart, or a job whose work was done.
 */

/** Makes `console` never throw in this thread: output that cannot be printed is lost. */
export function makeConsoleUnfailing(): void {
  const methods = Object.entries(console).filter((entry): entry is [string, Print] =>
    typeof entry[1] === "function"
  );
  Object.assign(console, Object.fromEntries(methods.map(([name, print]) => [name, unfailing(print)])));
}

type Print = (...args: unknown[]) => unknown;

function unfailing(print: Print): Print {
  return (...args) => {
    try {
      return print.apply(console, args);
    } catch {
      // There is nowhere else to report it.
    }
  };
}
