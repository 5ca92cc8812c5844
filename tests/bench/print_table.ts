import { textTable } from "../support/text_table.ts";
import { type Goal, isReached, ratioOf, type Row } from "./row.ts";

const HEAD = ["measure", "figure", "limit in the same run", "ratio", "goal", ""];

export function printTable(rows: readonly Row[]): void {
  console.log(textTable(HEAD, rows.map(cellsOf)));
}

/** The same in Markdown for RESULTS.md, below the machine and versions. */
export function printMarkdown(rows: readonly Row[], facts: readonly string[]): void {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rule = HEAD.map((_, i) => i === 0 ? "---" : "---:");
  console.log([...facts, "", line(HEAD), line(rule), ...rows.map((row) => line(cellsOf(row)))].join("\n"));
}

function cellsOf(row: Row): string[] {
  const reached = isReached(row);
  return [
    row.measure,
    quantity(row.figure, row.unit),
    row.limit === null ? "" : quantity(row.limit, row.unit),
    ratioOf(row)?.toFixed(2) ?? "",
    row.goal === undefined ? "" : wanted(row.goal, row.unit),
    reached === null ? "" : reached ? "yes" : "no",
  ];
}

function wanted(goal: Goal, unit: Row["unit"]): string {
  if ("ratio" in goal) return `≥ ${goal.ratio} × limit`;
  return "atLeast" in goal ? `≥ ${quantity(goal.atLeast, unit)}` : `≤ ${quantity(goal.atMost, unit)}`;
}

function quantity(value: number, unit: Row["unit"]): string {
  const digits = value >= 100 || Number.isInteger(value) ? 0 : 2;
  const text = value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return unit === "/s" ? `${text}/s` : `${text} ${unit}`.trim();
}
