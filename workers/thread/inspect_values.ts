/** Any value that a handler logs, as text on one line; never throws. */
const { inspect } = Deno;

const OPTIONS: Deno.InspectOptions = {
  ...{
    colors: false,
    compact: true,
    breakLength: Infinity,
    depth: 4,
    iterableLimit: 50,
    strAbbreviateSize: 2_000,
  },
};

export function inspectValues(values: readonly unknown[]): string {
  return values.map(inspectValue).join(" ");
}

function inspectValue(value: unknown): string {
  if (typeof value === "string") return value;
  try {
    if (value instanceof Error) return `${value.name}: ${value.message}`;
    return inspect(value, OPTIONS);
  } catch {
    return "(a value that cannot be shown)";
  }
}
