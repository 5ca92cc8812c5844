/**
 * Tells when code continues after an `await` or in the callback of a promise, which covers input and output,
 * microtasks and messages. V8 has a hook for it, which Deno passes on to its own modules only; where a release
 * lacks it, nothing is told.
 */

type Hook = (promise: Promise<unknown>) => void;
type SetPromiseHooks = (init?: Hook, before?: Hook, after?: Hook, resolve?: Hook) => void;

/** `before` runs at each continuation, in the async context of the code that continues. It must be cheap. */
export function beforeContinuations(before: () => void): void {
  setPromiseHooks()?.(undefined, before, undefined, undefined);
}

function setPromiseHooks(): SetPromiseHooks | undefined {
  const { internal } = Deno as unknown as { readonly internal: symbol };
  const inside = Reflect.get(Deno, internal) as
    | { readonly core?: { readonly setPromiseHooks?: SetPromiseHooks } }
    | undefined;
  return inside?.core?.setPromiseHooks;
}
