/** The errors inside an error: those of an AggregateError or of its like, and both of a SuppressedError, which `using` throws. */
import { read } from "./wary_reads.ts";

interface InnerErrors {
  readonly inner: readonly { readonly title: string; readonly thrown: unknown }[];
  /** How many were left out. */
  readonly more: number;
  /** The two of a SuppressedError, of which either may be one itself. */
  readonly isSuppressed: boolean;
}

const MAX_INNER = 100;
export const NO_INNER: InnerErrors = { inner: [], more: 0, isSuppressed: false };

/** Never throws, whatever the error is. */
export function innerErrorsOf(error: Error): InnerErrors {
  return suppressedIn(error) ?? aggregateIn(error) ?? NO_INNER;
}

/** An error in the body of a block with `using`, which came first, and one that disposing threw. */
function suppressedIn(error: Error): InnerErrors | null {
  // Code that was compiled for an older runtime throws a plain Error with these two.
  const isOne = read(() => Object.hasOwn(error, "suppressed") && Object.hasOwn(error, "error"));
  if (isOne !== true) return null;
  const both = error as Error & { readonly error?: unknown; readonly suppressed?: unknown };
  const inner = [
    { title: "Suppressed: ", thrown: read(() => both.suppressed) },
    { title: "Thrown after it: ", thrown: read(() => both.error) },
  ];
  return { inner, more: 0, isSuppressed: true };
}

/** A list, or by the name of a field, as libraries that validate have them. */
function aggregateIn(error: Error): InnerErrors | null {
  const entries = read(() => {
    const { errors } = error as Error & { errors?: unknown };
    return typeof errors === "object" && errors !== null ? Object.entries(errors) : null;
  }) as [string, unknown][] | null | undefined;
  if (!entries || entries.length === 0) return null;
  const inner = entries.slice(0, MAX_INNER).map(([name, thrown]) => ({
    title: `Inner error ${/^\d+$/.test(name) ? Number(name) + 1 : name}: `,
    thrown,
  }));
  return { inner, more: entries.length - inner.length, isSuppressed: false };
}
