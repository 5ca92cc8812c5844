/** What axe-core finds wrong with a page, in light and dark mode, as sentences. */
import axe from "axe-core";
import type { Page } from "playwright-core";

const RUN = `axe.run(document).then(({ violations }) =>
  violations.flatMap(({ id, help, nodes }) => nodes.map(({ html }) => id + ": " + help + " " + html.slice(0, 160))))`;

export async function opsViolations(page: Page): Promise<string[]> {
  // Through the debugger: the policy of the page lets no other script in.
  await page.evaluate(axe.source);
  const found: string[] = [];
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    found.push(...(await page.evaluate<string[]>(RUN)).map((sentence) => `${colorScheme}: ${sentence}`));
  }
  return found;
}
