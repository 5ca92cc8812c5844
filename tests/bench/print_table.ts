import { ratioOf, type Row } from "./row.ts";

const HEAD = ["measure", "figure", "limit in the same run", "ratio"];

export function printTable(rows: readonly Row[]): void {
  const lines = rows.map((row) => [
    row.measure,
    quantity(row.figure, row.unit),
    row.limit === null ? "" : quantity(row.limit, row.unit),
    ratioOf(row)?.toFixed(2) ?? "",
  ]);
  const widths = HEAD.map((name, i) => Math.max(...[HEAD, ...lines].map((line) => (line[i] ?? name).length)));
  for (const line of [HEAD, widths.map((width) => "-".repeat(width)), ...lines]) {
    console.log(line.map((text, i) => pad(text, { width: widths[i] ?? 0, left: i === 0 })).join("  "));
  }
}

function quantity(value: number, unit: Row["unit"]): string {
  const digits = value >= 100 ? 0 : 2;
  const text = value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return unit === "/s" ? `${text}/s` : `${text} ${unit}`.trim();
}

function pad(text: string, { width, left }: { width: number; left: boolean }): string {
  return left ? text.padEnd(width) : text.padStart(width);
}
