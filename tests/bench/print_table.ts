import { textTable } from "../support/text_table.ts";
import { ratioOf, type Row } from "./row.ts";

const HEAD = ["measure", "figure", "limit in the same run", "ratio"];

export function printTable(rows: readonly Row[]): void {
  const lines = rows.map((row) => [
    row.measure,
    quantity(row.figure, row.unit),
    row.limit === null ? "" : quantity(row.limit, row.unit),
    ratioOf(row)?.toFixed(2) ?? "",
  ]);
  console.log(textTable(HEAD, lines));
}

function quantity(value: number, unit: Row["unit"]): string {
  const digits = value >= 100 ? 0 : 2;
  const text = value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return unit === "/s" ? `${text}/s` : `${text} ${unit}`.trim();
}
