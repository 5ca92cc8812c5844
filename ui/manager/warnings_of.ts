import type { System } from "../system.ts";

/** What is wrong with the system, the worst first, each once. */
export function warningsOf(system: Pick<System, "view">): string[] {
  const { trouble, warnings } = system.view();
  return [...new Set([...(trouble === null ? [] : [trouble]), ...warnings])];
}
