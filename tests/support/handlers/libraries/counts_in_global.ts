/** A library that keeps its state in the global object, as many do so that two copies of them share it. */
interface State {
  calls: number;
}

const globals = globalThis as typeof globalThis & { libraryState?: State };
globals.libraryState ??= { calls: 0 };

export function countCall(): number {
  const { libraryState } = globals;
  if (libraryState === undefined) throw new Error("The state of the library is gone.");
  return ++libraryState.calls;
}
