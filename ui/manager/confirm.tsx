/** Asks before something is done to more jobs than the page shows. */
import { MOVES } from "@persistent-queue/queue";
import { jobFilter } from "../api/move_input.ts";
import type { PageDeps } from "../page_deps.ts";
import { type PageContext, readVerb } from "./actions.ts";
import { ConfirmPage } from "./confirm_page.tsx";
import { countMatching, matchingInWords, movable } from "./count_matching.ts";
import { describeQuery, readQuery } from "./list_query.ts";

/** @throws {HttpError} 400 for an action or a status that does not exist */
export async function confirmation(c: PageContext, { queue, now }: PageDeps) {
  const verb = readVerb(c.req.query("verb"));
  const query = { ...readQuery(new URL(c.req.url).searchParams), stalled: false, cursor: "", limit: "" };
  const filter = jobFilter(query, now());
  const statuses = movable(verb, filter);
  const matching = statuses.length === 0 ? { n: 0, isAll: true } : await countMatching(queue, verb, filter);
  return (
    <ConfirmPage
      verb={verb}
      query={query}
      what={`all ${describeQuery(query, inWords(statuses.length === 0 ? [query.status] : statuses))}`}
      mayRun={statuses.includes(MOVES.claim.to)}
      becomes={MOVES[verb].to}
      count={matching.isAll && matching.n === 0 ? null : matchingInWords(matching)}
    />
  );
}

/** `FAILED, UNPROCESSABLE and CANCELED`. */
function inWords(statuses: readonly string[]): string {
  return new Intl.ListFormat("en-GB", { type: "conjunction" }).format(statuses);
}
