/**
 * After an unclean stop: goes through every job and its story, beside the work, and finds what cannot be. The pages of
 * the file were checked before (`sqlite/open.ts`); this is about what stands on them.
 */
import { verifyJobs } from "./verify.ts";
import type { Store } from "./store.ts";

/** A page takes some milliseconds, so this takes a tenth of the thread: a million jobs take minutes. */
const PAGE = 100;
const REST_MS = 20;

/** Sentences about what cannot be; empty = sound. Null where it was told to stop before the end. */
export async function lookOver(store: Store, signal: AbortSignal): Promise<string[] | null> {
  const problems: string[] = [];
  for await (const found of verifyJobs(store, { deep: true, page: PAGE })) {
    problems.push(...found);
    await rest(signal);
    if (signal.aborted) return null;
  }
  return problems;
}

/** For the pages: the first sentence, and where to find the others. */
export function toFindings(problems: readonly string[]): string[] {
  const [first] = problems;
  if (first === undefined) return [];
  const others = problems.length === 1 ? "" : ` and ${problems.length - 1} more`;
  return [
    `After the unclean stop something is wrong: ${first} See this${others} with: deno task jobs verify --deep`,
  ];
}

function rest(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, REST_MS);
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });
}
