/**
 * After an unclean stop this checks every job and its history for states that cannot occur, beside the normal work. The
 * pages of the file were checked before (`sqlite/open.ts`); this checks their content.
 */
import { sleep } from "../sleep.ts";
import { verifyJobs } from "../verify.ts";
import type { Store } from "../store.ts";

/** A page takes some milliseconds, so the check uses a tenth of the thread: a million jobs take minutes. */
const PAGE = 100;
const REST_MS = 20;

/** Returns a sentence for each violation; empty = sound. Null if it was stopped before the end. */
export async function lookOver(store: Store, signal: AbortSignal): Promise<string[] | null> {
  const problems: string[] = [];
  for await (const found of verifyJobs(store, { deep: true, page: PAGE })) {
    problems.push(...found);
    await sleep(REST_MS, signal);
    if (signal.aborted) return null;
  }
  return problems;
}

/** The first sentence, for the pages, and where to find the others. */
export function toFindings(problems: readonly string[]): string[] {
  const [first] = problems;
  if (first === undefined) return [];
  const others = problems.length === 1 ? "" : ` and ${problems.length - 1} more`;
  return [
    `After the unclean stop something is wrong: ${first} See this${others} with: deno task jobs verify --deep`,
  ];
}
