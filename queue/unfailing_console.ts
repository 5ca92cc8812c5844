/**
 * Printing is a courtesy. A terminal that was closed, or the full disk under the file that the output goes to, makes the
 * runtime's `console` throw, in the middle of whatever printed: a stop, a restart, a job whose work was done.
 */

/** From here on `console` never throws in this thread: what cannot be printed is lost, and nothing else. */
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
      // There is no other place to say it.
    }
  };
}
