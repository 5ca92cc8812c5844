/** The actions for ticked rows, and for all that match. */
import type { OperatorVerb } from "@persistent-queue/queue";
import { count } from "../components/format.ts";
import { isNarrowed, isOfStatus, listPath, type ListQuery, queryParams } from "./list_query.ts";
import type { ListView, Liveness } from "./views.ts";

export interface TickedProps {
  readonly view: ListView;
  readonly live: Liveness;
}

const VERBS = ["resubmit", "cancel"] as const satisfies OperatorVerb[];
const TICKED = { resubmit: "Resubmit selected", cancel: "Cancel selected" } as const;
const ALL = { resubmit: "Resubmit all", cancel: "Cancel all" } as const;

/** The actions for the ticked rows. With scripts it appears once something is ticked. */
export function Ticked({ view, live: { picked } }: TickedProps) {
  const verbs = legalVerbs(view);
  return (
    <form
      id="ticked"
      class="ticked panel"
      method="post"
      action="/cancel"
      data-picked={picked.all}
      hidden={verbs.length === 0 || view.jobs.length === 0}
    >
      <input type="hidden" name="back" value={listPath(view.query)} />
      <span class="ticked-count">
        {picked.all === 0 ? "With the selected jobs:" : `${count(picked.all)} selected`}
      </span>
      {verbs.map((verb) => (
        <button
          key={verb}
          type="submit"
          formAction={`/${verb}`}
          disabled={picked.all > 0 && picked[verb] === 0}
        >
          {TICKED[verb]}
        </button>
      ))}
      <button type="reset" class="quiet needs-script">Clear selection</button>
      <AllMatching view={view} picked={picked.all} verbs={verbs} />
    </form>
  );
}

/** Offers all matching jobs to a person who has ticked a whole page. */
function AllMatching(
  { view: { query, jobs, next, counts }, picked, verbs }: {
    readonly view: ListView;
    readonly picked: number;
    readonly verbs: readonly OperatorVerb[];
  },
) {
  if (picked === 0 || picked < jobs.length || next === null || query.stalled) return null;
  const isCounted = !isNarrowed(query) && query.status !== "";
  const known = Object.entries(counts).filter(([status]) => isOfStatus(query, status));
  const n = known.reduce((sum, [, ofStatus]) => sum + ofStatus, 0);
  const matching = isCounted ? `${count(n)} that match…` : "that match…";
  return (
    <span class="beyond small">
      More match than are shown:{" "}
      {verbs.map((verb) => <a key={verb} href={confirmPath(verb, query)}>{`${ALL[verb]} ${matching}`}</a>)}
    </span>
  );
}

/** The address of the confirmation page. */
export function confirmPath(verb: OperatorVerb, query: ListQuery): string {
  const params = queryParams({ ...query, cursor: "", limit: "" });
  return `/confirm?${new URLSearchParams([["verb", verb], ...params])}`;
}

/** The actions that are legal for some job of this list, on this page or on the others. */
export function legalVerbs({ query, jobs, next }: ListView): readonly OperatorVerb[] {
  const isWhole = next === null && query.cursor === "";
  if (query.status === "" && !query.stalled && !isWhole) return VERBS;
  return VERBS.filter((verb) => jobs.some(({ actions }) => actions.includes(verb)));
}
