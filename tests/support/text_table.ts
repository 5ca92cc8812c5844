/** Columns as wide as their content; the first ones are aligned left, the others right. */
export function textTable(
  head: readonly string[],
  lines: readonly (readonly string[])[],
  { left = 1 }: { left?: number } = {},
): string {
  const widths = head.map((_, i) => Math.max(...[head, ...lines].map((line) => line[i]?.length ?? 0)));
  const rule = widths.map((width) => "-".repeat(width));
  return [head, rule, ...lines].map((line) =>
    line.map((text, i) => i < left ? text.padEnd(widths[i] ?? 0) : text.padStart(widths[i] ?? 0)).join("  ")
  ).join("\n");
}
